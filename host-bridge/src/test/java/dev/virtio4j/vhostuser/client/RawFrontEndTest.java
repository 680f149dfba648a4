package dev.virtio4j.vhostuser.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.virtio4j.posix.EventFd;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.UnixSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class RawFrontEndTest {
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(10);

  private RawFrontEnd front;
  private RawFrontEnd back;

  @BeforeEach
  void connectPair() {
    Fd[] pair = UnixSocket.pair();
    front = RawFrontEnd.adopt(pair[0], LONG);
    back = RawFrontEnd.adopt(pair[1], LONG);
  }

  @AfterEach
  void closePair() {
    front.close();
    back.close();
  }

  @Test
  void sendsHeaderAndPayloadAsGiven() {
    front.sendMessage(77, 0xdead, 3, new byte[] {1, 2, 3});

    RawMessage message = back.receive();

    assertThat(message.request()).isEqualTo(77);
    assertThat(message.flags()).isEqualTo(0xdead);
    assertThat(message.payload()).containsExactly(1, 2, 3);
    assertThat(message.descriptors()).isEmpty();
  }

  @Test
  void descriptorsArriveAsOnesOfTheReceiver() {
    try (EventFd event = EventFd.create()) {
      int mine = event.descriptor();
      front.send(5, new byte[8], mine, mine, mine);
      try (RawMessage message = back.receive()) {
        assertThat(message.descriptors()).hasSize(3).doesNotContain(mine).doesNotHaveDuplicates();
      }
    }
  }

  @Test
  void asManyDescriptorsAsTheKernelCarriesArrive() {
    try (EventFd event = EventFd.create()) {
      int[] many = new int[253];
      Arrays.fill(many, event.descriptor());
      front.send(5, new byte[8], many);
      try (RawMessage message = back.receive()) {
        assertThat(message.descriptors()).hasSize(253);
      }
    }
  }

  @Test
  void messageInPiecesIsPutTogether() {
    front.sendBytes(new byte[] {1, 0, 0, 0, 1});
    front.sendBytes(new byte[] {0, 0, 0, 2, 0, 0, 0, 42});
    front.sendBytes(new byte[] {43});

    assertThat(back.receive().payload()).containsExactly(42, 43);
  }

  @Test
  void silenceIsAnExceptionAfterTheTimeout() {
    assertThatExceptionOfType(BackEndException.class)
        .isThrownBy(() -> front.receive(SHORT))
        .withMessageContaining("in time");
  }

  @Test
  void halfAMessageIsAnExceptionAfterTheTimeout() {
    back.sendBytes(new byte[] {1, 0, 0});
    assertThatExceptionOfType(BackEndException.class)
        .isThrownBy(() -> front.receive(SHORT))
        .withMessageContaining("in time");
  }

  @Test
  void hangUpIsAnException() {
    back.close();
    assertThatExceptionOfType(BackEndException.class)
        .isThrownBy(() -> front.receive())
        .withMessageContaining("hung up");
    assertThat(front.awaitHangUp(LONG)).isTrue();
    assertThatExceptionOfType(BackEndException.class)
        .isThrownBy(() -> front.send(1, new byte[0]))
        .withMessageContaining("EPIPE");
  }

  @Test
  void peerThatStaysIsNotTakenForOneThatHungUp() {
    back.send(1, new byte[0]);
    assertThat(front.awaitHangUp(SHORT)).isFalse();
  }

  @Test
  void peerThatTakesNothingEndsTheSend() {
    byte[] much = new byte[1 << 20];
    try (RawFrontEnd impatient = RawFrontEnd.adopt(Fd.duplicate(front.descriptor()), SHORT)) {
      assertThatExceptionOfType(BackEndException.class)
          .isThrownBy(() -> impatient.sendBytes(much))
          .withMessageContaining("take a message in time");
    }
  }

  @Test
  void monstrousReplyIsRefused() {
    back.sendMessage(1, 5, -1, new byte[0]);
    assertThatExceptionOfType(BackEndException.class)
        .isThrownBy(() -> front.receive())
        .withMessageContaining("4294967295 bytes");
  }

  @Test
  void absentBackEndIsNamed(@TempDir Path folder) {
    Path path = folder.resolve("nobody.sock");
    assertThatExceptionOfType(BackEndException.class)
        .isThrownBy(() -> RawFrontEnd.connect(path, LONG))
        .withMessageContaining(path.toString());
  }

  @Test
  void pathTooLongForASocketIsNamed(@TempDir Path folder) {
    Path path = folder.resolve("x".repeat(120));
    assertThatExceptionOfType(BackEndException.class)
        .isThrownBy(() -> RawFrontEnd.connect(path, LONG))
        .withMessageContaining("107");
  }
}
