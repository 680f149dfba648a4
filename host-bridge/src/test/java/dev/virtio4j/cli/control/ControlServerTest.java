package dev.virtio4j.cli.control;

import static dev.virtio4j.cli.control.FakeDevice.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.lines.LineChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ControlServerTest {
  private static final long PATIENCE_MILLIS = 20_000;

  @TempDir private Path folder;
  private Path socket;
  private ControlServer server;

  @BeforeEach
  void start() throws IOException {
    socket = folder.resolve("c.sock");
    server =
        ControlServer.start(
            socket,
            List.of(
                new FakeDevice(
                    "disk0", metric("virtio_blk_requests_total", 3, "queue", "0", "op", "read"))));
  }

  @AfterEach
  void stop() {
    server.close();
    assertThat(socket).doesNotExist();
  }

  @Test
  void theSocketIsTheOwnersAlone() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-------");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{                          | \"ok\":false,\"error\":\"not JSON",
        "[]                         | unknown command ''",
        "{\"command\":\"halt\"}     | unknown command 'halt'",
        "{\"command\":\"resize\"}   | 'size' must be a number of bytes",
        "{\"command\":\"resize\",\"device\":\"disk0\",\"size\":-1}   | 'size' must be a number of bytes",
        "{\"command\":\"resize\",\"device\":\"disk0\",\"size\":1e30} | 'size' must be a number of bytes",
        "{\"command\":\"resize\",\"device\":\"x\",\"size\":1}        | there is no device 'x'; there is disk0",
        "{\"command\":\"resize\",\"device\":\"disk0\",\"size\":5}    | \"ok\":true,\"result\":{\"device\":\"disk0\",\"size\":5}",
        "{\"command\":\"stats\"}    | \"name\":\"disk0\"",
      })
  void answersEachLineWithALine(String request, String answer) throws IOException {
    try (LineChannel lines = new LineChannel(connect())) {
      lines.write(request, PATIENCE_MILLIS);
      assertThat(lines.read(1 << 20, PATIENCE_MILLIS)).contains(answer);
      lines.write("{\"command\":\"stats\"}", PATIENCE_MILLIS);
      assertThat(lines.read(1 << 20, PATIENCE_MILLIS)).contains("\"ok\":true");
    }
  }

  @Test
  void aLineWithoutAnEndIsNotReadOn() throws IOException {
    try (LineChannel lines = new LineChannel(connect())) {
      // The server may hang up while this is still being written.
      assertThatThrownBy(
              () -> {
                lines.write("x".repeat(4 << 20), PATIENCE_MILLIS);
                if (lines.read(100, PATIENCE_MILLIS) == null) {
                  throw new IOException("hung up");
                }
              })
          .isInstanceOf(IOException.class);
    }
    try (ControlClient client = ControlClient.connect(socket)) {
      assertThat(client.ask(client.request("stats")).path("devices")).hasSize(1);
    }
  }

  @Test
  void moreThanEightClientsAreSentAway() throws IOException {
    SocketChannel[] idle = new SocketChannel[8];
    try {
      for (int i = 0; i < idle.length; i++) {
        idle[i] = connect();
      }
      try (LineChannel ninth = new LineChannel(connect())) {
        assertThat(ninth.read(100, PATIENCE_MILLIS)).isNull();
      }
    } finally {
      for (SocketChannel one : idle) {
        one.close();
      }
    }
  }

  @Test
  void aSocketThatSomebodyServesIsNotTakenAway() {
    assertThatThrownBy(() -> ControlServer.start(socket, List.of()))
        .isInstanceOf(IOException.class);
    assertThat(socket).exists();
  }

  @Test
  void aSocketThatADeadServerLeftIsReplaced() throws IOException {
    Path left = folder.resolve("left.sock");
    ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    dead.bind(UnixDomainSocketAddress.of(left));
    dead.close();
    assertThat(left).exists();
    try (ControlServer second = ControlServer.start(left, List.of())) {
      assertThat(second.stats()).isEmpty();
    }
  }

  @Test
  void aFileThatIsNoSocketIsNotReplaced() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    assertThatThrownBy(() -> ControlServer.start(file, List.of())).isInstanceOf(IOException.class);
    assertThat(file).hasContent("mine");
  }

  @Test
  void statsAndResizeAskTheServer() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    CliContext context = new CliContext(stream, stream, Map.of(), false);
    String[] where = {"--control", socket.toString()};
    assertThat(new CommandLine(new StatsCommand(context).spec()).execute(where)).isZero();
    assertThat(
            new CommandLine(new StatsCommand(context).spec()).execute("--json", where[0], where[1]))
        .isZero();
    assertThat(
            new CommandLine(new ResizeCommand(context).spec())
                .execute("disk0", "1.5K", where[0], where[1]))
        .isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("disk0  blk socket=/run/disk0.sock", "{\"pid\":", "resized disk0 size=1536");
  }

  @Test
  void aServerThatIsNotThereIsOneError() {
    assertThatThrownBy(() -> ControlClient.connect(folder.resolve("no.sock")))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("no server answers on " + folder.resolve("no.sock"));
  }

  @Test
  void aFolderOfAnotherKindIsNotTrusted() throws IOException {
    Files.writeString(folder.resolve("virtio4j"), "");
    ControlPaths paths = new ControlPaths(Map.of("XDG_RUNTIME_DIR", folder.toString()));
    assertThatThrownBy(paths::makeFolder)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not a folder of this user");
  }

  @Test
  void theFolderIsMadeForTheOwnerAlone() throws IOException {
    ControlPaths paths = new ControlPaths(Map.of("XDG_RUNTIME_DIR", folder.toString()));
    paths.makeFolder();
    Files.setPosixFilePermissions(paths.folder(), PosixFilePermissions.fromString("rwxrwxrwx"));
    paths.makeFolder();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(paths.folder())))
        .isEqualTo("rwx------");
    assertThatThrownBy(paths::onlyServer).hasMessageContaining("no server of this user runs");
  }

  private SocketChannel connect() throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
    return channel;
  }
}
