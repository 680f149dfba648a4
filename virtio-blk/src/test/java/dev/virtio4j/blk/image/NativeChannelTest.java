package dev.virtio4j.blk.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.image.ImageRequest.Op;
import dev.virtio4j.blk.io.HostFile;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.FileControl;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.OpenFlags;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a request whose file operations end in an unusual way. */
class NativeChannelTest {
  private static final int BLOCK = 4096;

  @TempDir Path folder;

  private final CountingLoop loop = new CountingLoop();

  private Path file(int bytes) throws IOException {
    return Files.write(folder.resolve("disk.img"), new byte[bytes]);
  }

  /** With O_DIRECT, in blocks of 4096 bytes. */
  private static RawImage direct(Path file) throws IOException {
    return RawImage.open(
        file, new RawImage.Options(false, true, Engine.IO_URING, LockMode.OFF), BLOCK);
  }

  private BufferRequest submit(ImageChannel channel, Op op, long start, int length) {
    BufferRequest request =
        new BufferRequest(NativeMemory.allocate(Math.max(1, length), BLOCK), true);
    request.prepare(op, start, length);
    loop.execute(
        () -> {
          int outcome = channel.submit(request);
          if (outcome != ImageChannel.PENDING) {
            request.outcome = outcome;
          }
        });
    loop.steps.run();
    return request;
  }

  private void complete(int result) {
    var operation = loop.held.remove();
    loop.execute(() -> operation.complete(result));
    loop.steps.run();
  }

  private int finish(BufferRequest request) {
    boolean done =
        loop.steps.runUntil(
            () -> request.outcome != BufferRequest.UNFINISHED, Duration.ofSeconds(20));
    assertThat(done).isTrue();
    return request.outcome;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void filesAreOpenForOperationsThatMayWait(boolean direct) throws IOException {
    try (HostFile open = HostFile.open(file(BLOCK), false, direct, 1)) {
      int flags = Libc.fcntl(open.descriptor(), FileControl.F_GETFL, 0);
      assertThat(flags & OpenFlags.O_NONBLOCK).isZero();
      assertThat((flags & OpenFlags.O_DIRECT) != 0).isEqualTo(direct);
      assertThat(flags & OpenFlags.O_RDWR).isNotZero();
    }
  }

  @ParameterizedTest
  @EnumSource(Op.class)
  void operationThatNeverGetsItsTurnFailsAtLast(Op op) throws IOException {
    loop.hold = true;
    try (RawImage image = direct(file(4 * BLOCK))) {
      BufferRequest request = submit(image.open(loop), op, 0, op == Op.FLUSH ? 0 : BLOCK);
      for (int i = 0; request.outcome == BufferRequest.UNFINISHED; i++) {
        assertThat(i).isLessThan(10_000);
        complete(-Errno.EAGAIN);
      }
      assertThat(request.outcome).isEqualTo(-Errno.EIO);
      // And leaves no trace: the next one is done.
      BufferRequest flush = submit(image.open(loop), Op.FLUSH, 0, 0);
      complete(0);
      assertThat(flush.outcome).isZero();
    }
  }

  @Test
  void operationThatGetsItsTurnInTheEndIsDone() throws IOException {
    loop.hold = true;
    try (RawImage image = direct(file(4 * BLOCK))) {
      BufferRequest request = submit(image.open(loop), Op.READ, 0, 2 * BLOCK);
      for (int i = 0; i < 500; i++) {
        complete(-Errno.EAGAIN);
      }
      complete(BLOCK);
      for (int i = 0; i < 600; i++) {
        complete(-Errno.EAGAIN);
      }
      complete(BLOCK);
      assertThat(request.outcome).isZero();
    }
  }

  @Test
  void directReadOfAFileThatWasCutInABlockFails() throws IOException {
    Path path = file(4 * BLOCK);
    try (RawImage image = direct(path)) {
      try (RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
        cut.setLength(BLOCK + 100);
      }
      ImageChannel channel = image.open(loop);
      assertThat(finish(submit(channel, Op.READ, BLOCK, BLOCK))).isEqualTo(-Errno.EIO);
      assertThat(finish(submit(channel, Op.READ, 0, 4 * BLOCK))).isEqualTo(-Errno.EIO);
      assertThat(finish(submit(channel, Op.READ, 0, BLOCK))).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Op.class,
      names = {"WRITE", "WRITE_ZEROES"})
  void directWriteThatEndsInABlockGoesOnAtItsStartOrFails(Op op) throws IOException {
    loop.hold = true;
    try (RawImage image = direct(file(8 * BLOCK))) {
      image.zeroRanges(false);
      BufferRequest request = submit(image.open(loop), op, 0, 4 * BLOCK);
      complete(BLOCK + 512);
      assertThat(loop.held.element().offset()).isEqualTo(BLOCK);
      complete(512);
      assertThat(request.outcome).isEqualTo(-Errno.EIO);
    }
  }

  @Test
  void readThatMetTheEndIsDoneThoughTheFileHasGrownMeanwhile() throws IOException {
    loop.hold = true;
    try (RawImage image = direct(file(2 * BLOCK - 100))) {
      BufferRequest request = submit(image.open(loop), Op.READ, BLOCK, BLOCK);
      request.data.put(BLOCK - 1, (byte) 7);
      // Another queue writes the last sector before this one learns what it has read.
      image.written(2 * BLOCK);
      complete(BLOCK - 100);
      assertThat(request.outcome).isZero();
      assertThat(request.data.get(BLOCK - 1)).isZero();
    }
  }
}
