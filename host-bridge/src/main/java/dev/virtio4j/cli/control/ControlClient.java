package dev.virtio4j.cli.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.lines.LineChannel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** Asks a running server. */
final class ControlClient implements AutoCloseable {
  private static final int MAX_ANSWER = 16 << 20;
  private static final long PATIENCE_MILLIS = 30_000;

  private final ObjectMapper mapper = new ObjectMapper();
  private final Path path;
  private final LineChannel lines;

  private ControlClient(Path path, LineChannel lines) {
    this.path = path;
    this.lines = lines;
  }

  /**
   * Connects.
   *
   * @throws CliException if nobody listens there
   */
  static ControlClient connect(Path path) {
    try {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        channel.connect(UnixDomainSocketAddress.of(path));
        return new ControlClient(path, new LineChannel(channel));
      } catch (IOException | RuntimeException failed) {
        channel.close();
        throw failed;
      }
    } catch (IOException | RuntimeException failed) {
      throw new CliException(
          ExitCode.FAILED, "no server answers on " + path + ": " + failed.getMessage(), failed);
    }
  }

  /** A request with nothing but its command in it. */
  ObjectNode request(String command) {
    return mapper.createObjectNode().put("command", command);
  }

  /**
   * Asks.
   *
   * @return the result
   * @throws CliException if the server refuses
   */
  JsonNode ask(ObjectNode request) {
    try {
      lines.write(mapper.writeValueAsString(request), PATIENCE_MILLIS);
      String answer = lines.read(MAX_ANSWER, PATIENCE_MILLIS);
      if (answer == null) {
        throw new IOException("it hung up");
      }
      JsonNode json = mapper.readTree(answer);
      if (!json.path("ok").asBoolean()) {
        throw new CliException(
            ExitCode.FAILED, json.path("error").asText("the server gave no reason"));
      }
      return json.path("result");
    } catch (IOException failed) {
      throw new CliException(
          ExitCode.FAILED,
          "the server on " + path + " gave no answer: " + failed.getMessage(),
          failed);
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
