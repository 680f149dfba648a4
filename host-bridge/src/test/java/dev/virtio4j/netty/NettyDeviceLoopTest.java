package dev.virtio4j.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.loop.Await;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.DeviceLoopContract;
import dev.virtio4j.loop.FileThreads;
import dev.virtio4j.loop.PollerHandle;
import dev.virtio4j.loop.ReadyHandler;
import dev.virtio4j.loop.Registration;
import dev.virtio4j.loop.ThreadFileIo;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.EventFd;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.OpenDescriptors;
import dev.virtio4j.posix.OpenFlags;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.posix.UnixSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NettyDeviceLoopTest extends DeviceLoopContract {
  @TempDir Path files;

  private final FileThreads threads = new FileThreads("contract-io", 2);

  @Override
  protected DeviceLoop start(String name, Duration spinLimit) {
    return new NettyDeviceLoop(name, spinLimit.toNanos(), l -> new ThreadFileIo(l, threads));
  }

  @Override
  protected void close(DeviceLoop started) {
    ((NettyDeviceLoop) started).close();
  }

  @Test
  void runsTheHandlerForEachEdgeOfAnEventCounterThatNobodyReads() {
    AtomicInteger runs = new AtomicInteger();
    try (EventFd event = EventFd.create();
        Registration watch =
            loop.watch(
                event.descriptor(),
                events -> {
                  if (events == ReadyHandler.READABLE && loop.inLoop()) {
                    runs.incrementAndGet();
                  }
                })) {
      assertThat(watch).isNotNull();
      for (int i = 1; i <= 1000; i++) {
        assertThat(event.signal()).isZero();
        int n = i;
        Await.until("edge " + i, () -> runs.get() == n);
      }
      assertThat(event.take()).isEqualTo(1000);
    }
  }

  @Test
  void reportsWhatWasReadyBeforeTheWatch() {
    AtomicInteger runs = new AtomicInteger();
    try (EventFd event = EventFd.create()) {
      event.signal();
      Registration outside = loop.watch(event.descriptor(), events -> runs.incrementAndGet());
      Await.until("ready at once", () -> runs.get() == 1);
      outside.close();
      Registration inside =
          onLoop(() -> loop.watch(event.descriptor(), events -> runs.incrementAndGet()));
      Await.until("ready at once, watched on the loop", () -> runs.get() == 2);
      inside.close();
    }
  }

  @Test
  void reportsTheOtherSidesHangUp() {
    Fd[] pair = UnixSocket.pair();
    AtomicInteger seen = new AtomicInteger();
    try (Fd mine = pair[0];
        Registration watch =
            loop.watch(mine.value(), events -> seen.accumulateAndGet(events, (a, b) -> a | b))) {
      pair[1].close();
      Await.until("a hang-up", () -> (seen.get() & ReadyHandler.HANGUP) != 0);
      assertThat(seen.get() & ReadyHandler.READABLE).isNotZero();
      assertThat(watch).isNotNull();
    }
  }

  @Test
  void tellsOfRoomToWriteWhereThatIsAskedForAlone() {
    Fd[] pair = UnixSocket.pair();
    AtomicInteger reading = new AtomicInteger();
    AtomicInteger both = new AtomicInteger();
    try (Fd mine = pair[0];
        Fd theirs = pair[1];
        Fd again = mine.duplicate();
        Registration reads =
            loop.watch(mine.value(), events -> reading.accumulateAndGet(events, (a, b) -> a | b));
        Registration writesToo =
            loop.watch(
                again.value(),
                ReadyHandler.READABLE | ReadyHandler.WRITABLE,
                events -> both.accumulateAndGet(events, (a, b) -> a | b))) {
      Await.until("there is room", () -> both.get() == ReadyHandler.WRITABLE);
      long filled = fill(mine);
      onLoop(() -> null);
      both.set(0);
      empty(theirs, filled);
      Await.until("there is room again", () -> both.get() == ReadyHandler.WRITABLE);
      assertThat(reading).hasValue(0);
      assertThat(reads).isNotSameAs(writesToo);
    }
    assertThatThrownBy(() -> loop.watch(0, 0, events -> {}))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> loop.watch(0, ReadyHandler.HANGUP, events -> {}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static long fill(Fd socket) {
    ByteBuffer bytes = NativeMemory.allocate(1 << 12, 8);
    Fd.nonBlocking(socket.value());
    long all = 0;
    long sent = 0;
    while (sent >= 0) {
      all += sent;
      sent = Libc.write(socket.value(), NativeMemory.address(bytes), 1 << 12);
    }
    return all;
  }

  private static void empty(Fd socket, long bytes) {
    ByteBuffer into = NativeMemory.allocate(1 << 12, 8);
    for (long left = bytes; left > 0; ) {
      left -=
          Libc.check(
              Libc.read(socket.value(), NativeMemory.address(into), Math.min(left, 1 << 12)),
              "read");
    }
  }

  @Test
  void refusesWhatTheKernelCannotWatch() throws IOException {
    Path file = Files.writeString(files.resolve("plain"), "data");
    try (Fd fd = Fd.open(file, OpenFlags.O_RDONLY)) {
      int descriptor = fd.value();
      assertThatThrownBy(() -> loop.watch(descriptor, events -> {}))
          .isInstanceOf(PosixException.class)
          .hasMessageContaining("epoll cannot watch descriptor " + descriptor)
          .extracting(e -> ((PosixException) e).errno())
          .isEqualTo(Errno.EPERM);
    }
    assertThatThrownBy(() -> loop.watch(19_999, events -> {}))
        .isInstanceOf(PosixException.class)
        .extracting(e -> ((PosixException) e).errno())
        .isEqualTo(Errno.EBADF);
  }

  @Test
  void endsTheWatchOfAHandlerThatThrowsAndNoOther() {
    AtomicInteger bad = new AtomicInteger();
    AtomicInteger good = new AtomicInteger();
    InternalError error = new InternalError("of a test");
    try (EventFd first = EventFd.create();
        EventFd second = EventFd.create()) {
      Registration one =
          loop.watch(
              first.descriptor(),
              new ReadyHandler() {
                @Override
                public void ready(int events) {
                  bad.incrementAndGet();
                  throw error;
                }

                @Override
                public void failed(Throwable cause) {
                  bad.addAndGet(cause == error ? 10 : 1000);
                }
              });
      Registration two = loop.watch(second.descriptor(), events -> good.incrementAndGet());
      first.signal();
      Await.until("the handler has failed", () -> bad.get() == 11);
      first.signal();
      second.signal();
      Await.until("the other is called", () -> good.get() == 1);
      assertThat(bad).hasValue(11);
      one.close();
      two.close();
    }
  }

  @Test
  void aClosedWatchIsSilentAndItsDescriptorsNumberMayBeUsedAgain() {
    AtomicInteger old = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      AtomicInteger runs = new AtomicInteger();
      try (EventFd event = EventFd.create()) {
        Registration closed = loop.watch(event.descriptor(), events -> old.incrementAndGet());
        onLoop(
            () -> {
              closed.close();
              event.signal();
              return null;
            });
        Registration watch = loop.watch(event.descriptor(), events -> runs.incrementAndGet());
        Await.until("the new watch sees it", () -> runs.get() == 1);
        onLoop(
            () -> {
              watch.close();
              return null;
            });
      }
    }
    assertThat(old).hasValue(0);
  }

  @Test
  void aDoorbellWakesItsPoller() {
    Work work = new Work();
    PollerHandle handle = loop.add(work);
    try (EventFd kick = EventFd.create();
        Registration watch = loop.watch(kick.descriptor(), events -> handle.wake())) {
      assertThat(watch).isNotNull();
      for (int i = 1; i <= 1000; i++) {
        work.give();
        kick.signal();
        int n = i;
        Await.until("kick " + i, () -> work.done() == n);
      }
    }
  }

  @Test
  void isNotWokenWhenNothingHappens() throws IOException {
    loop.add(new Work()).wake();
    try (EventFd kick = EventFd.create();
        Registration watch = loop.watch(kick.descriptor(), events -> {})) {
      assertThat(watch).isNotNull();
      onLoop(() -> null);
      Path status = thread("contract").resolve("status");
      Await.until("asleep", () -> read(status).contains("State:\tS"));
      LockSupport.parkNanos(50_000_000);
      String before = switches(status);
      long end = System.nanoTime() + 1_000_000_000;
      while (System.nanoTime() < end) {
        LockSupport.parkNanos(100_000_000);
      }
      assertThat(switches(status)).isEqualTo(before);
    }
  }

  private static Path thread(String name) throws IOException {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      return tasks
          .filter(t -> read(t.resolve("comm")).strip().equals(name))
          .findAny()
          .orElseThrow();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }

  private static String switches(Path status) {
    return read(status)
        .lines()
        .filter(l -> l.contains("ctxt_switches"))
        .reduce("", (a, b) -> a + b);
  }

  @Test
  void closingRefusesWatchesAndLeavesNothingOpen() {
    long before = OpenDescriptors.count("anon_inode:");
    DeviceLoop closing = start("closing", Duration.ZERO);
    try (EventFd event = EventFd.create()) {
      Registration watch = closing.watch(event.descriptor(), events -> {});
      close(closing);
      watch.close();
      assertThatThrownBy(() -> closing.watch(event.descriptor(), events -> {}))
          .isInstanceOf(RejectedExecutionException.class);
    }
    assertThat(OpenDescriptors.count("anon_inode:")).isEqualTo(before);
  }
}
