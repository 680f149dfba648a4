package dev.virtio4j.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OwnersTest {
  @Test
  void aDescriptorIsClosedOnceAndNotUsedAfterwards() {
    EventFd event = EventFd.create();
    int number = event.descriptor();
    event.close();
    assertThat(OpenDescriptors.isOpen(number)).isFalse();
    EventFd next = EventFd.create(); // The kernel gives the same number again.
    event.close();
    assertThat(OpenDescriptors.isOpen(next.descriptor())).isTrue();
    assertThatThrownBy(event::descriptor).isInstanceOf(IllegalStateException.class);
    next.close();
  }

  @Test
  void anEventCounterAddsUp() {
    try (EventFd event = EventFd.create()) {
      assertThat(event.take()).isZero();
      assertThat(event.signal()).isZero();
      assertThat(EventFd.signal(event.descriptor())).isZero();
      assertThat(event.take()).isEqualTo(2);
      assertThat(event.take()).isZero();
    }
  }

  @Test
  void twoMappingsOfAnAnonymousFileShareItAtAnyOffset() {
    int both = MemoryMap.PROT_READ | MemoryMap.PROT_WRITE;
    try (Fd file = MemFd.create("test", 1 << 20);
        Mapping whole = Mapping.shared(file.value(), 0, 1 << 20, both);
        Mapping part = Mapping.shared(file.value(), 12345, 5000, both)) {
      part.view(0, 8).putLong(0, 42);
      assertThat(whole.view(12345, 8).getLong(0)).isEqualTo(42);
      assertThat(part.length()).isEqualTo(5000);
      assertThatThrownBy(() -> part.view(4993, 8)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> part.view(-1, 8)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void anAnonymousFileCannotShrinkUnderAMapping() {
    try (Fd file = MemFd.create("test", 8192)) {
      assertThat(Libc.ftruncate(file.value(), 0)).isEqualTo(-1);
      assertThat(Libc.errno()).isEqualTo(Errno.EPERM);
      assertThat(Libc.ftruncate(file.value(), 16384)).isZero();
    }
  }

  @Test
  void aMappingThatCannotBeIsAnError() {
    try (EventFd event = EventFd.create()) {
      assertThatThrownBy(() -> Mapping.shared(event.descriptor(), 0, 4096, MemoryMap.PROT_READ))
          .isInstanceOf(PosixException.class)
          .hasMessageContaining("mmap of 4096 bytes");
      assertThatThrownBy(() -> Mapping.shared(event.descriptor(), -1, 1, 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> Mapping.shared(event.descriptor(), 1, Long.MAX_VALUE, 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> Mapping.shared(event.descriptor(), 0, Long.MAX_VALUE - 9, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void privateMemoryIsZeroedAndClosedOnce() {
    Mapping memory = Mapping.anonymous(1 << 20);
    assertThat(memory.view(0, 8).getLong(0)).isZero();
    memory.view(0, 8).putLong(0, -1);
    memory.close();
    memory.close();
    assertThatThrownBy(() -> memory.view(0, 8)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anErrorSaysWhatAndWhy() {
    assertThatThrownBy(() -> Fd.open(Path.of("/does/not/exist"), OpenFlags.O_RDONLY))
        .isInstanceOf(PosixException.class)
        .hasMessage("open /does/not/exist: no such file or directory (ENOENT)")
        .extracting(e -> ((PosixException) e).errno())
        .isEqualTo(Errno.ENOENT);
  }
}
