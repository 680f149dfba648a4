package dev.virtio4j.posix.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.EventFd;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.OpenDescriptors;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.posix.UnixSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class EventSignalTest {
  @Test
  void eachSignalAddsOneFromWhicheverThread() {
    try (Fd fd = Fd.of(Libc.check(Libc.eventfd(0, 0), "eventfd"));
        EventSignal signal = EventSignal.open(fd)) {
      for (int i = 0; i < 1000; i++) {
        assertThat(signal.signal()).isZero();
      }
      assertThat(CompletableFuture.supplyAsync(signal::signal).join()).isZero();
      Fd.nonBlocking(fd.value());
      assertThat(EventFd.of(fd.duplicate()).take()).isEqualTo(1001);
    }
  }

  @Test
  void doesNotWaitForRoomInABlockingCounter() {
    ByteBuffer most = NativeMemory.allocate(8, 8);
    most.putLong(0, -2);
    try (Fd fd = Fd.of(Libc.check(Libc.eventfd(0, 0), "eventfd"));
        EventSignal signal = EventSignal.open(fd)) {
      assertThat(Libc.write(fd.value(), NativeMemory.address(most), 8)).isEqualTo(8);
      for (int i = 0; i < 10; i++) {
        assertThat(signal.signal()).isZero();
      }
    }
  }

  @Test
  void refusesWhatIsNoCounterAndLeavesNothingOpen() {
    Fd[] pair = UnixSocket.pair();
    try (Fd one = pair[0];
        Fd other = pair[1]) {
      long before = OpenDescriptors.count("io_uring");
      assertThatThrownBy(() -> EventSignal.open(one))
          .isInstanceOf(PosixException.class)
          .extracting(e -> ((PosixException) e).errno())
          .isEqualTo(Errno.EINVAL);
      assertThat(OpenDescriptors.count("io_uring")).isEqualTo(before);
      assertThat(other.value()).isPositive();
    }
  }
}
