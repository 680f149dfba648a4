package dev.virtio4j.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.OpenFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link DeviceLoop} must do. */
public abstract class DeviceLoopContract {
  /** What is tested. */
  protected DeviceLoop loop;

  @TempDir Path folder;

  /**
   * Starts a loop.
   *
   * @param name its name
   * @param spinLimit its spin limit
   * @return a running loop
   */
  protected abstract DeviceLoop start(String name, Duration spinLimit);

  /**
   * Closes a loop.
   *
   * @param started one that {@link #start} returned
   */
  protected abstract void close(DeviceLoop started);

  @BeforeEach
  void startLoop() {
    loop = start("contract", Duration.ofNanos(20_000));
  }

  @AfterEach
  void closeLoop() {
    close(loop);
  }

  /**
   * Runs something on the loop and waits for it.
   *
   * @param task what to run
   * @param <T> what it yields
   * @return its result
   */
  protected final <T> T onLoop(Supplier<T> task) {
    return CompletableFuture.supplyAsync(task, loop).orTimeout(20, TimeUnit.SECONDS).join();
  }

  /** A poller with work that others give it. */
  protected static final class Work implements Poller {
    final AtomicInteger given = new AtomicInteger();
    final AtomicInteger polls = new AtomicInteger();
    final AtomicInteger arms = new AtomicInteger();
    volatile int done;
    volatile boolean armed = true;
    volatile Throwable failure;

    /** Makes a poller without work. */
    public Work() {}

    @Override
    public boolean poll() {
      polls.incrementAndGet();
      int now = given.get();
      if (now == done) {
        return false;
      }
      done = now;
      return true;
    }

    @Override
    public boolean arm() {
      arms.incrementAndGet();
      armed = true;
      return given.get() == done;
    }

    @Override
    public void disarm() {
      armed = false;
    }

    @Override
    public void failed(Throwable cause) {
      failure = cause;
    }

    /**
     * How much was done.
     *
     * @return what was given, when all was done
     */
    public int done() {
      return done;
    }

    /** Gives one piece of work. */
    public void give() {
      given.incrementAndGet();
    }
  }

  @Test
  void runsTasksInOrderOnItsOwnThread() {
    List<Integer> seen = new ArrayList<>();
    AtomicBoolean inLoop = new AtomicBoolean(true);
    for (int i = 0; i < 1000; i++) {
      int n = i;
      loop.execute(
          () -> {
            seen.add(n);
            if (!loop.inLoop() || !Thread.currentThread().getName().equals(loop.name())) {
              inLoop.set(false);
            }
          });
    }
    assertThat(onLoop(() -> List.copyOf(seen))).hasSize(1000).isSorted();
    assertThat(inLoop).isTrue();
    assertThat(loop.inLoop()).isFalse();
    assertThat(loop.name()).isEqualTo("contract");
    assertThat(onLoop(() -> Thread.currentThread().isDaemon())).isTrue();
  }

  @Test
  void survivesATaskThatThrows() {
    loop.execute(
        () -> {
          throw new InternalError("of a test");
        });
    loop.execute(
        () -> {
          throw new IllegalStateException("of a test");
        });
    assertThat(onLoop(() -> 42)).isEqualTo(42);
  }

  @Test
  void runsTimersInTheOrderOfTheirDelaysAndNotBefore() {
    List<String> seen = new ArrayList<>();
    CompletableFuture<Long> last = new CompletableFuture<>();
    long start = System.nanoTime();
    loop.schedule(
        40_000_000,
        () -> {
          seen.add("second");
          last.complete(System.nanoTime() - start);
        });
    Registration cancelled = loop.schedule(20_000_000, () -> seen.add("cancelled"));
    loop.execute(() -> loop.schedule(10_000_000, () -> seen.add("first")));
    cancelled.close();
    cancelled.close();
    assertThat(last.orTimeout(20, TimeUnit.SECONDS).join()).isGreaterThanOrEqualTo(40_000_000);
    assertThat(onLoop(() -> List.copyOf(seen))).containsExactly("first", "second");
    assertThatThrownBy(() -> loop.schedule(-1, () -> {}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void pollsNothingUntilItIsWokenAndThenUntilThereIsNoMore() {
    Work work = new Work();
    PollerHandle handle = loop.add(work);
    work.give();
    onLoop(() -> null);
    assertThat(work.polls).hasValue(0);

    handle.wake();
    Await.until("the work is done", () -> work.done == 1);
    Await.until("the poller is armed", () -> work.armed);
    int polls = work.polls.get();
    work.give();
    onLoop(() -> null);
    assertThat(work.polls).hasValue(polls);
    assertThat(work.done).isEqualTo(1);
  }

  @Test
  void pollsAgainWhatMayNotSleep() {
    Work work = new Work();
    Poller once =
        new Poller() {
          @Override
          public boolean poll() {
            return work.poll();
          }

          @Override
          public boolean arm() {
            if (work.arms.get() == 0) {
              work.give(); // Arrives after the last look.
            }
            return work.arm();
          }
        };
    loop.add(once).wake();
    Await.until("what arrived late is done", () -> work.done == 1);
    Await.until("armed twice", () -> work.arms.get() == 2);
  }

  @Test
  void losesNoWakeUp() {
    Work work = new Work();
    PollerHandle handle = loop.add(work);
    for (int i = 1; i <= 20_000; i++) {
      work.give();
      handle.wake();
      if (i % 16 == 0) {
        int now = i;
        while (work.done < now) {
          Thread.onSpinWait();
        }
      }
    }
    Await.until("all is done", () -> work.done == 20_000);
  }

  @Test
  void endsAPollerThatThrowsAndNoOther() {
    Work healthy = new Work();
    Work[] sick = {new Work(), new Work(), new Work()};
    InternalError error = new InternalError("a file was truncated");
    Poller[] pollers = {
      new Poller() {
        @Override
        public boolean poll() {
          sick[0].poll();
          throw error;
        }

        @Override
        public boolean arm() {
          return true;
        }

        @Override
        public void failed(Throwable cause) {
          sick[0].failed(cause);
          throw new IllegalStateException("of a test");
        }
      },
      new Poller() {
        @Override
        public boolean poll() {
          return false;
        }

        @Override
        public boolean arm() {
          throw error;
        }

        @Override
        public void failed(Throwable cause) {
          sick[1].failed(cause);
        }
      },
      new Poller() {
        @Override
        public boolean poll() {
          return sick[2].poll();
        }

        @Override
        public boolean arm() {
          return true;
        }

        @Override
        public void disarm() {
          throw error;
        }

        @Override
        public void failed(Throwable cause) {
          sick[2].failed(cause);
        }
      }
    };
    PollerHandle handle = loop.add(healthy);
    for (int i = 0; i < pollers.length; i++) {
      PollerHandle bad = loop.add(pollers[i]);
      bad.wake();
      int n = i;
      Await.until("poller " + i + " has failed", () -> sick[n].failure == error);
      bad.wake();
      bad.wake();
    }
    healthy.give();
    handle.wake();
    Await.until("the healthy one works", () -> healthy.done == 1);
    assertThat(sick[0].polls).hasValue(1);
    assertThat(sick[2].polls).hasValue(0);
  }

  @Test
  void pollsNoMoreWhatWasRemoved() {
    Work work = new Work();
    PollerHandle handle = loop.add(work);
    handle.wake();
    Await.until("polled", () -> work.polls.get() > 0);
    handle.close();
    handle.close();
    int polls = onLoop(work.polls::get);
    handle.wake();
    onLoop(() -> null);
    assertThat(work.polls).hasValue(polls);
  }

  @Test
  void aBusyPollerHoldsUpNeitherTasksNorTimersNorOthers() {
    AtomicBoolean stop = new AtomicBoolean();
    Work other = new Work();
    PollerHandle busy =
        loop.add(
            new Poller() {
              @Override
              public boolean poll() {
                return !stop.get();
              }

              @Override
              public boolean arm() {
                return stop.get();
              }
            });
    busy.wake();
    CompletableFuture<Boolean> timer = new CompletableFuture<>();
    loop.schedule(1_000_000, () -> timer.complete(true));
    assertThat(timer.orTimeout(20, TimeUnit.SECONDS).join()).isTrue();
    PollerHandle handle = loop.add(other);
    for (int i = 1; i <= 10; i++) {
      other.give();
      handle.wake();
      int n = i;
      Await.until("the other works", () -> other.done == n);
    }
    Await.until("the idle one is put to sleep beside the busy one", () -> other.armed);
    stop.set(true);
  }

  /** One file read that tells what came of it. */
  private static final class Read extends FileOperation {
    final CompletableFuture<Integer> result = new CompletableFuture<>();
    final AtomicBoolean onLoop = new AtomicBoolean();
    private final DeviceLoop loop;

    Read(DeviceLoop loop, int descriptor, long address, int length, long offset) {
      this.loop = loop;
      transfer(Kind.READ, descriptor, address, length, offset, 0);
    }

    @Override
    protected void completed(int bytes) {
      onLoop.set(loop.inLoop());
      result.complete(bytes);
    }
  }

  @Test
  void readsFilesAndCompletesOnItsThread() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "0123456789");
    ByteBuffer memory = NativeMemory.allocate(16, 8);
    try (Fd fd = Fd.open(file, OpenFlags.O_RDONLY)) {
      Read read = new Read(loop, fd.value(), NativeMemory.address(memory), 4, 3);
      boolean early =
          onLoop(
              () -> {
                loop.fileIo().submit(read);
                return read.result.isDone();
              });
      assertThat(early).isFalse();
      assertThat(read.result.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(4);
      assertThat(read.onLoop).isTrue();
      assertThat(memory.getInt(0)).isEqualTo(0x36353433);
      assertThat(onLoop(() -> loop.fileIo().outstanding())).isZero();
    }
  }

  @Test
  void closingCompletesFileOperationsAndRefusesTasks() throws IOException {
    DeviceLoop closing = start("closing", Duration.ZERO);
    Path file = Files.writeString(folder.resolve("file"), "0123456789");
    ByteBuffer memory = NativeMemory.allocate(16, 8);
    Work work = new Work();
    PollerHandle handle = closing.add(work);
    try (Fd fd = Fd.open(file, OpenFlags.O_RDONLY)) {
      Read read = new Read(closing, fd.value(), NativeMemory.address(memory), 4, 3);
      AtomicInteger ran = new AtomicInteger();
      closing.execute(() -> closing.fileIo().submit(read));
      for (int i = 0; i < 100; i++) {
        closing.execute(ran::incrementAndGet);
      }
      close(closing);
      assertThat(read.result).isDone();
      assertThat(ran).hasValue(100);
    }
    assertThatThrownBy(() -> closing.execute(() -> {}))
        .isInstanceOf(RejectedExecutionException.class);
    handle.wake();
    handle.close();
    close(closing);
    Await.until(
        "the thread has ended",
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.getName().equals("closing")));
  }
}
