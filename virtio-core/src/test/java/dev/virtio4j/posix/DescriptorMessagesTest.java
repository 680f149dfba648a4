package dev.virtio4j.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DescriptorMessagesTest {
  private final Fd[] pair = UnixSocket.pair();
  private final ByteBuffer memory = NativeMemory.allocate(64, 8);
  private final long bytes = NativeMemory.address(memory);
  private final DescriptorMessages sender = new DescriptorMessages(Sockets.SCM_MAX_FD);

  @AfterEach
  void close() {
    sender.close();
    pair[0].close();
    pair[1].close();
  }

  @Test
  void carriesBytesAndEightDescriptors() {
    try (DescriptorMessages receiver = new DescriptorMessages(8);
        EventFd event = EventFd.create()) {
      int e = event.descriptor();
      memory.putLong(0, 0x1234_5678_9abcL);
      assertThat(sender.send(pair[0].value(), bytes, 12, e, e, e, e, e, e, e, e)).isEqualTo(12);

      assertThat(receiver.receive(pair[1].value(), bytes + 32, 32)).isEqualTo(12);
      assertThat(memory.getLong(32)).isEqualTo(0x1234_5678_9abcL);
      assertThat(receiver.descriptors()).isEqualTo(8);
      assertThat(receiver.truncated()).isFalse();
      try (Fd taken = receiver.take(7)) {
        assertThat(Libc.fcntl(taken.value(), FileControl.F_GETFD, 0))
            .isEqualTo(FileControl.FD_CLOEXEC);
        assertThat(EventFd.signal(taken.value())).isZero();
        assertThat(event.take()).isEqualTo(1);
      }
      assertThatThrownBy(() -> receiver.take(7)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void closesWhatNobodyTook() {
    long before = OpenDescriptors.count("anon_inode:[eventfd]");
    try (DescriptorMessages receiver = new DescriptorMessages(8);
        EventFd event = EventFd.create()) {
      int e = event.descriptor();
      sender.send(pair[0].value(), bytes, 1, e, e, e);
      sender.send(pair[0].value(), bytes, 1);
      receiver.receive(pair[1].value(), bytes, 1);
      assertThat(OpenDescriptors.count("anon_inode:[eventfd]")).isEqualTo(before + 4);
      receiver.receive(pair[1].value(), bytes, 1);
      assertThat(receiver.descriptors()).isZero();
      assertThat(OpenDescriptors.count("anon_inode:[eventfd]")).isEqualTo(before + 1);
      sender.send(pair[0].value(), bytes, 1, e, e, e);
      receiver.receive(pair[1].value(), bytes, 1);
    }
    assertThat(OpenDescriptors.count("anon_inode:[eventfd]")).isEqualTo(before);
  }

  @Test
  void reportsDescriptorsThatDidNotFitAndLeaksNone() {
    for (int room = 1; room <= 4; room++) {
      long before = OpenDescriptors.count("anon_inode:[eventfd]");
      try (DescriptorMessages receiver = new DescriptorMessages(room);
          EventFd event = EventFd.create()) {
        int e = event.descriptor();
        sender.send(pair[0].value(), bytes, 1, e, e, e, e, e);
        assertThat(receiver.receive(pair[1].value(), bytes, 1)).isEqualTo(1);
        assertThat(receiver.truncated()).isTrue();
        assertThat(receiver.descriptors()).isEqualTo(room);
      }
      assertThat(OpenDescriptors.count("anon_inode:[eventfd]")).isEqualTo(before);
    }
  }

  @Test
  void neverWaitsAndTellsTheEnd() {
    try (DescriptorMessages receiver = new DescriptorMessages(8)) {
      assertThat(receiver.receive(pair[1].value(), bytes, 1)).isEqualTo(-Errno.EAGAIN);
      pair[0].close();
      assertThat(receiver.receive(pair[1].value(), bytes, 1)).isZero();
      assertThat(sender.send(pair[1].value(), bytes, 1)).isEqualTo(-Errno.EPIPE);
    }
  }
}
