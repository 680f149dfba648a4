package dev.virtio4j.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Falloc;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.IoVec;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.OpenFlags;
import dev.virtio4j.posix.RwFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link FileIo} must do. */
public abstract class FileIoContract {
  private static final int BLOCK = 4096;

  /** The loop whose file I/O is tested. */
  protected DeviceLoop loop;

  @TempDir Path folder;

  private Fd file;
  private ByteBuffer memory;
  private long address;

  /**
   * Starts a loop with the file I/O that is tested.
   *
   * @return a running loop
   */
  protected abstract DeviceLoop start();

  /**
   * Closes a loop.
   *
   * @param started one that {@link #start} returned
   */
  protected abstract void close(DeviceLoop started);

  /**
   * What is tested.
   *
   * @return its name
   */
  protected abstract String name();

  @BeforeEach
  void open() {
    loop = start();
    file = Fd.open(folder.resolve("image"), OpenFlags.O_RDWR | OpenFlags.O_CREAT);
    memory = NativeMemory.allocate(64 * BLOCK, BLOCK);
    address = NativeMemory.address(memory);
  }

  @AfterEach
  void closeAll() {
    close(loop);
    file.close();
  }

  /** An operation that tells what came of it. */
  private class Operation extends FileOperation {
    final CompletableFuture<Integer> done = new CompletableFuture<>();

    Operation transfer(Kind kind, int descriptor, long at, int length, long offset) {
      transfer(kind, descriptor, at, length, offset, 0);
      return this;
    }

    Operation flagged(Kind kind, long at, int length, long offset, int flags) {
      transfer(kind, file.value(), at, length, offset, flags);
      return this;
    }

    Operation sync() {
      datasync(file.value());
      return this;
    }

    Operation allocate(int mode, long offset, long bytes) {
      fallocate(file.value(), mode, offset, bytes);
      return this;
    }

    @Override
    protected void completed(int result) {
      assertThat(loop.inLoop()).isTrue();
      done.complete(result);
    }

    @Override
    protected void failed(Throwable cause) {
      done.completeExceptionally(cause);
    }

    int run() {
      loop.execute(
          () -> {
            loop.fileIo().submit(this);
            if (done.isDone()) {
              done.obtrudeException(new AssertionError("completed inside submit"));
            }
          });
      return done.orTimeout(20, TimeUnit.SECONDS).join();
    }
  }

  private <T> T onLoop(Supplier<T> task) {
    return CompletableFuture.supplyAsync(task, loop).orTimeout(20, TimeUnit.SECONDS).join();
  }

  private Operation read(long at, int length, long offset) {
    return new Operation().transfer(FileOperation.Kind.READ, file.value(), at, length, offset);
  }

  private Operation write(long at, int length, long offset) {
    return new Operation().transfer(FileOperation.Kind.WRITE, file.value(), at, length, offset);
  }

  private void fill(int blocks) {
    for (int i = 0; i < blocks * BLOCK; i += Integer.BYTES) {
      memory.putInt(i, 31 * i + 7);
    }
    assertThat(write(address, blocks * BLOCK, 0).run()).isEqualTo(blocks * BLOCK);
  }

  @Test
  void isWhatItSaysItIs() {
    assertThat(onLoop(() -> loop.fileIo().name())).isEqualTo(name());
    assertThat(onLoop(() -> loop.fileIo().outstanding())).isZero();
  }

  @Test
  void readsWhatItWrote() throws IOException {
    fill(4);
    assertThat(Files.size(folder.resolve("image"))).isEqualTo(4 * BLOCK);
    assertThat(read(address + 8 * BLOCK, 2 * BLOCK, BLOCK).run()).isEqualTo(2 * BLOCK);
    assertThat(memory.slice(8 * BLOCK, 2 * BLOCK)).isEqualTo(memory.slice(BLOCK, 2 * BLOCK));
  }

  @Test
  void readsUpToTheEndOfTheFile() {
    fill(1);
    assertThat(read(address + BLOCK, BLOCK, 1000).run()).isEqualTo(BLOCK - 1000);
    assertThat(read(address + BLOCK, BLOCK, BLOCK).run()).isZero();
  }

  @Test
  void scattersAndGathers() {
    fill(4);
    ByteBuffer vector = NativeMemory.allocate(3 * IoVec.SIZE, 8);
    int[] offsets = {20 * BLOCK, 10 * BLOCK, 30 * BLOCK};
    int[] lengths = {512, 4096, 1024};
    int total = Arrays.stream(lengths).sum();
    for (int i = 0; i < 3; i++) {
      vector.putLong(i * IoVec.SIZE + IoVec.IOV_BASE, address + offsets[i]);
      vector.putLong(i * IoVec.SIZE + IoVec.IOV_LEN, lengths[i]);
    }
    long at = NativeMemory.address(vector);
    int descriptor = file.value();
    Operation readv = new Operation().transfer(FileOperation.Kind.READV, descriptor, at, 3, 512);
    assertThat(readv.run()).isEqualTo(total);
    assertThat(memory.slice(20 * BLOCK, 512)).isEqualTo(memory.slice(512, 512));
    assertThat(memory.slice(10 * BLOCK, 4096)).isEqualTo(memory.slice(1024, 4096));
    assertThat(memory.slice(30 * BLOCK, 1024)).isEqualTo(memory.slice(1024 + 4096, 1024));
    Operation writev =
        new Operation().transfer(FileOperation.Kind.WRITEV, descriptor, at, 3, 40_000);
    assertThat(writev.run()).isEqualTo(total);
    assertThat(read(address + 40 * BLOCK, total, 40_000).run()).isEqualTo(total);
    assertThat(memory.slice(40 * BLOCK, total)).isEqualTo(memory.slice(512, total));
  }

  @Test
  void takesFlagsOfReadsAndWrites() {
    Operation write =
        new Operation().flagged(FileOperation.Kind.WRITE, address, 512, 0, RwFlags.RWF_DSYNC);
    assertThat(write.run()).isEqualTo(512);
    Operation read =
        new Operation().flagged(FileOperation.Kind.READ, address, 512, 0, RwFlags.RWF_NOWAIT);
    assertThat(read.run()).isIn(512, -Errno.EAGAIN, -Errno.EOPNOTSUPP);
  }

  @Test
  void syncsAndPunchesHoles() {
    fill(8);
    assertThat(new Operation().sync().run()).isZero();
    int punch = Falloc.FALLOC_FL_PUNCH_HOLE | Falloc.FALLOC_FL_KEEP_SIZE;
    assertThat(new Operation().allocate(punch, 2 * BLOCK, 3 * BLOCK).run()).isZero();
    assertThat(read(address + 16 * BLOCK, 8 * BLOCK, 0).run()).isEqualTo(8 * BLOCK);
    assertThat(memory.slice(18 * BLOCK, 3 * BLOCK)).isEqualTo(ByteBuffer.allocateDirect(3 * BLOCK));
    assertThat(memory.slice(21 * BLOCK, 3 * BLOCK)).isEqualTo(memory.slice(5 * BLOCK, 3 * BLOCK));
  }

  @Test
  void tellsErrorsAsTheSystemCallsDo() {
    int bad = 19_998;
    assertThat(new Operation().transfer(FileOperation.Kind.READ, bad, address, 1, 0).run())
        .isEqualTo(-Errno.EBADF);
    assertThat(read(8, 512, 0).run()).isIn(-Errno.EFAULT, 0);
    fill(1);
    assertThat(read(8, 512, 0).run()).isEqualTo(-Errno.EFAULT);
    assertThat(new Operation().allocate(0, -1, 1).run()).isEqualTo(-Errno.EINVAL);
    try (Fd full = Fd.open(Path.of("/dev/full"), OpenFlags.O_RDWR)) {
      assertThat(
              new Operation()
                  .transfer(FileOperation.Kind.WRITE, full.value(), address, BLOCK, 0)
                  .run())
          .isEqualTo(-Errno.ENOSPC);
    }
    assertThat(read(address, BLOCK, 0).run()).isEqualTo(BLOCK);
  }

  @Test
  void takesTenThousandAtOnce() {
    fill(64);
    int count = 10_000;
    AtomicInteger wrong = new AtomicInteger();
    AtomicInteger left = new AtomicInteger(count);
    CompletableFuture<Void> all = new CompletableFuture<>();
    ByteBuffer results = NativeMemory.allocate(count * 8, 8);
    long base = NativeMemory.address(results);
    class One extends FileOperation {
      private final int index;

      One(int index) {
        this.index = index;
        transfer(Kind.READ, file.value(), base + index * 8L, 8, index * 8L, 0);
      }

      @Override
      protected void completed(int result) {
        if (result != 8 || results.getLong(index * 8) != memory.getLong(index * 8)) {
          wrong.incrementAndGet();
        }
        if (left.decrementAndGet() == 0) {
          all.complete(null);
        }
      }
    }

    int outstanding =
        onLoop(
            () -> {
              for (int i = 0; i < count; i++) {
                loop.fileIo().submit(new One(i));
              }
              return loop.fileIo().outstanding();
            });
    assertThat(outstanding).isEqualTo(count);
    all.orTimeout(60, TimeUnit.SECONDS).join();
    assertThat(wrong).hasValue(0);
    assertThat(onLoop(() -> loop.fileIo().outstanding())).isZero();
  }

  @Test
  void aCompletionMaySubmitTheSameOperationAgain() {
    fill(1);
    AtomicInteger left = new AtomicInteger(5000);
    CompletableFuture<Integer> last = new CompletableFuture<>();
    FileOperation again =
        new FileOperation() {
          {
            transfer(Kind.READ, file.value(), address + BLOCK, 512, 0, 0);
          }

          @Override
          protected void completed(int result) {
            if (result != 512 || left.decrementAndGet() == 0) {
              last.complete(result);
            } else {
              loop.fileIo().submit(this);
            }
          }
        };
    loop.execute(() -> loop.fileIo().submit(again));
    assertThat(last.orTimeout(60, TimeUnit.SECONDS).join()).isEqualTo(512);
    assertThat(left).hasValue(0);
  }

  @Test
  void aCompletionThatThrowsHarmsNoOther() {
    fill(1);
    InternalError error = new InternalError("a file was truncated");
    CompletableFuture<Throwable> told = new CompletableFuture<>();
    FileOperation bad =
        new FileOperation() {
          {
            transfer(Kind.READ, file.value(), address + BLOCK, 512, 0, 0);
          }

          @Override
          protected void completed(int result) {
            throw error;
          }

          @Override
          protected void failed(Throwable cause) {
            told.complete(cause);
            throw new IllegalStateException("of a test");
          }
        };
    loop.execute(() -> loop.fileIo().submit(bad));
    assertThat(told.orTimeout(20, TimeUnit.SECONDS).join()).isSameAs(error);
    assertThat(read(address, BLOCK, 0).run()).isEqualTo(BLOCK);
    assertThat(onLoop(() -> loop.fileIo().outstanding())).isZero();
  }

  @Test
  void closingWaitsForWhatIsOutstandingAndCancelsWhatComesThen() {
    fill(1);
    DeviceLoop closing = start();
    AtomicInteger completed = new AtomicInteger();
    AtomicInteger cancelled = new AtomicInteger();
    closing.execute(
        () -> {
          FileIo io = closing.fileIo();
          for (int i = 0; i < 5000; i++) {
            io.submit(
                new FileOperation() {
                  {
                    transfer(Kind.READ, file.value(), address + BLOCK, 512, 0, 0);
                  }

                  @Override
                  protected void completed(int result) {
                    completed.incrementAndGet();
                    if (result == -Errno.ECANCELED) {
                      cancelled.incrementAndGet();
                    } else if (completed.get() == 5000) {
                      io.submit(this);
                    }
                  }
                });
          }
        });
    close(closing);
    assertThat(completed.get()).isBetween(5000, 5001);
    assertThat(completed.get() - cancelled.get()).isEqualTo(5000);
  }
}
