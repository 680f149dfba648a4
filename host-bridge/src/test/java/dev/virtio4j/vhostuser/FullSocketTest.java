package dev.virtio4j.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.UnixSocket;
import dev.virtio4j.vhostuser.client.RawFrontEnd;
import dev.virtio4j.vhostuser.client.RawMessage;
import dev.virtio4j.vhostuser.protocol.BackendRequest;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What waits because a socket is full is sent when there is room again, and nothing else. */
@EnabledOnOs(OS.LINUX)
class FullSocketTest {
  /** More replies than a socket holds, and fewer requests than two hold. */
  private static final int PIPELINED = 300;

  @TempDir Path folder;
  private Served served;

  @BeforeEach
  void serve() {
    served = new Served(folder);
  }

  @AfterEach
  void close() {
    served.awaitFree();
    served.close();
  }

  @Test
  void requestsThatArePipelinedBeforeAReplyIsReadAreAllAnswered() {
    try (RawFrontEnd raw = served.raw()) {
      for (int i = 0; i < PIPELINED; i++) {
        raw.send(FrontendRequest.GET_FEATURES.id(), new byte[0]);
      }
      for (int i = 0; i < PIPELINED; i++) {
        try (RawMessage reply = raw.receive()) {
          assertThat(reply.request()).isEqualTo(FrontendRequest.GET_FEATURES.id());
        }
      }
    }
  }

  @Test
  void whatTheBackEndHasToTellIsToldWhenItsChannelHasRoom() {
    Fd[] pair = UnixSocket.pair();
    try (Fd theirs = pair[0];
        Served.FrontEnd front = served.start(false);
        RawFrontEnd channel = RawFrontEnd.adopt(pair[1].value(), Served.PATIENCE)) {
      long junk = fill(theirs);
      front
          .session
          .client()
          .raw()
          .send(FrontendRequest.SET_BACKEND_REQ_FD.id(), new byte[0], theirs.value());
      assertThat(front.session.client().getFeatures()).isNotZero();
      served.device.changeConfig(1);
      // Served after the change was told, or kept.
      assertThat(served.export().metrics().toCompletableFuture().join()).isNotEmpty();
      assertThat(front.session.client().getFeatures()).isNotZero();

      empty(pair[1], junk);

      try (RawMessage told = channel.receive()) {
        assertThat(told.request()).isEqualTo(BackendRequest.CONFIG_CHANGE_MSG.id());
      }
    }
  }

  private static long fill(Fd socket) {
    ByteBuffer junk = NativeMemory.allocate(64, 8);
    Fd.nonBlocking(socket.value());
    long sent = 0;
    while (true) {
      long written = Libc.write(socket.value(), NativeMemory.address(junk), 64);
      if (written < 0) {
        assertThat(Libc.errno()).isEqualTo(Errno.EAGAIN);
        return sent;
      }
      sent += written;
    }
  }

  private static void empty(Fd socket, long bytes) {
    ByteBuffer junk = NativeMemory.allocate(4096, 8);
    long left = bytes;
    while (left > 0) {
      left -=
          Libc.check(
              Libc.read(socket.value(), NativeMemory.address(junk), Math.min(left, 4096)), "read");
    }
  }
}
