package dev.virtio4j.cli.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "permissions are POSIX's")
class ControlPathsTest {
  private static final long SELF = ProcessHandle.current().pid();

  @TempDir private Path folder;
  private ControlPaths paths;

  @BeforeEach
  void makeFolder() throws IOException {
    paths = new ControlPaths(Map.of("XDG_RUNTIME_DIR", folder.toString()));
    paths.makeFolder();
  }

  @Test
  void theFolderIsSweptOfWhatKilledServersLeft() throws Exception {
    Path left = leave(deadProcess());
    Path starting = leave(SELF);
    Path file = Files.writeString(paths.folder().resolve("note.txt"), "mine");
    paths.makeFolder();
    assertThat(left).doesNotExist();
    assertThat(starting).exists();
    assertThat(file).exists();
  }

  @Test
  void aProcessThatHasTheNumberOfAKilledServerIsNoServer() throws Exception {
    leave(SELF);
    assertThatThrownBy(paths::onlyServer).hasMessageContaining("no server of this user runs");
    long other = deadProcess();
    try (ControlServer server = ControlServer.start(paths.socket(other), List.of())) {
      assertThat(server.stats()).isEmpty();
      assertThat(paths.onlyServer()).isEqualTo(paths.socket(other));
    }
  }

  private static long deadProcess() throws Exception {
    Process process = new ProcessBuilder("true").start();
    process.waitFor();
    return process.pid();
  }

  /** Leaves a socket as a killed server does. */
  private Path leave(long pid) throws IOException {
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(paths.socket(pid)));
    }
    return paths.socket(pid);
  }
}
