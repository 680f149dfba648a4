package dev.virtio4j.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixListenerTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path folder;

  @Test
  void acceptsWithoutWaitingAndRemovesItsFile() {
    Path path = folder.resolve("a.sock");
    try (UnixListener listener = UnixListener.listen(path, 4)) {
      assertThat(listener.accept()).isNull();
      try (Fd client = UnixSocket.connect(path, SOON);
          Fd server = listener.accept()) {
        assertThat(server).isNotNull();
        assertThat(Libc.fcntl(server.value(), FileControl.F_GETFL, 0) & OpenFlags.O_NONBLOCK)
            .isNotZero();
        assertThat(client.value()).isNotEqualTo(server.value());
      }
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void replacesTheFileOfADeadProcess() {
    Path path = folder.resolve("a.sock");
    Fd dead = UnixSocket.stream(0);
    assertThat(
            Libc.bind(
                dead.value(), NativeMemory.address(UnixSocket.address(path)), UnixAddress.SIZE))
        .isZero();
    dead.close();
    assertThat(path).exists();

    try (UnixListener listener = UnixListener.listen(path, 4);
        Fd client = UnixSocket.connect(path, SOON);
        Fd server = listener.accept()) {
      assertThat(server).isNotNull();
      assertThat(client).isNotNull();
    }
  }

  @Test
  void refusesAPathOnWhichSomebodyListens() {
    Path path = folder.resolve("a.sock");
    try (UnixListener first = UnixListener.listen(path, 4)) {
      assertThatThrownBy(() -> UnixListener.listen(path, 4))
          .isInstanceOf(PosixException.class)
          .hasMessage("listen on " + path + ": another process listens there");
      assertThat(path).exists();
      assertThat(first.descriptor()).isPositive();
    }
  }

  @Test
  void refusesAFileThatIsNoSocket() throws IOException {
    Path path = Files.writeString(folder.resolve("precious"), "data");
    assertThatThrownBy(() -> UnixListener.listen(path, 4))
        .isInstanceOf(PosixException.class)
        .hasMessageContaining("not a socket");
    assertThat(path).hasContent("data");
  }

  @Test
  void refusesAPathThatIsTooLong() {
    Path path = folder.resolve("x".repeat(120));
    assertThatThrownBy(() -> UnixListener.listen(path, 4))
        .isInstanceOf(PosixException.class)
        .hasMessageContaining("must have 1 to 107");
  }

  @Test
  void leavesAFileThatAnotherHasPutInItsPlace() {
    Path path = folder.resolve("a.sock");
    UnixListener first = UnixListener.listen(path, 4);
    Libc.unlink(Libc.string(path.toString()));
    try (UnixListener second = UnixListener.listen(path, 4)) {
      first.close();
      assertThat(path).exists();
      UnixSocket.connect(path, SOON).close();
      assertThat(second.descriptor()).isPositive();
    }
  }

  @Test
  void aConnectionThatFindsNoPlaceIsGivenUpInTime() {
    Path path = folder.resolve("a.sock");
    List<Fd> waiting = new ArrayList<>();
    try (UnixListener listener = UnixListener.listen(path, 1)) {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  waiting.add(UnixSocket.connect(path, Duration.ofMillis(20)));
                }
              })
          .isInstanceOf(PosixException.class)
          .hasMessageContaining("EAGAIN");
      assertThat(waiting).isNotEmpty();
      assertThat(listener.descriptor()).isPositive();
    } finally {
      waiting.forEach(Fd::close);
    }
  }

  @Test
  void adoptsAListeningSocketAndNothingElse() {
    Path path = folder.resolve("a.sock");
    try (UnixListener first = UnixListener.listen(path, 4);
        UnixListener adopted = UnixListener.adopt(Fd.duplicate(first.descriptor()));
        Fd client = UnixSocket.connect(path, SOON);
        Fd server = adopted.accept()) {
      assertThat(server).isNotNull();
      assertThatThrownBy(() -> UnixListener.adopt(client))
          .isInstanceOf(PosixException.class)
          .hasMessageContaining("not a listening Unix stream socket");
    }
    try (EventFd event = EventFd.create();
        Fd fd = Fd.duplicate(event.descriptor())) {
      assertThatThrownBy(() -> UnixListener.adopt(fd)).isInstanceOf(PosixException.class);
    }
  }
}
