package dev.virtio4j.guest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.lines.LineChannel;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Talks to a QEMU over its machine protocol (QMP). Not safe for several threads, but for {@link
 * #close}.
 */
public final class QmpClient implements AutoCloseable {
  private static final long RETRY_MILLIS = 20;
  private static final int MOST = 16 << 20;

  private final ObjectMapper mapper = new ObjectMapper();
  private final LineChannel lines;
  private final long answerMillis;

  private QmpClient(LineChannel lines, Duration timeout) {
    this.lines = lines;
    this.answerMillis = timeout.toMillis();
  }

  /**
   * Connects and leaves the capabilities' negotiation behind.
   *
   * @param socket QEMU's socket; waited for, where QEMU only just starts
   * @param timeout how long that may take, and later any one answer
   * @return the client
   * @throws IOException if there is no QEMU
   */
  static QmpClient connect(Path socket, Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        channel.connect(UnixDomainSocketAddress.of(socket));
        return greet(new LineChannel(channel), timeout);
      } catch (IOException e) {
        channel.close();
        if (System.nanoTime() - deadline >= 0) {
          throw new GuestException("QEMU does not answer at " + socket + ": " + e.getMessage(), e);
        }
      }
      pause(RETRY_MILLIS);
    }
  }

  private static QmpClient greet(LineChannel lines, Duration timeout) throws IOException {
    QmpClient client = new QmpClient(lines, timeout);
    try {
      if (lines.read(MOST, client.answerMillis) == null) {
        throw new GuestException("QEMU hung up");
      }
      client.execute("qmp_capabilities");
      return client;
    } catch (IOException e) {
      lines.close();
      throw e;
    }
  }

  /**
   * Runs a command without arguments.
   *
   * @param command for example {@code query-status}
   * @return what it returns
   * @throws IOException if QEMU has gone, or says that it failed
   */
  public JsonNode execute(String command) throws IOException {
    return execute(command, Map.of());
  }

  /**
   * Runs a command.
   *
   * @param command for example {@code migrate}
   * @param arguments its arguments: texts, numbers, truth values, or maps and lists of them
   * @return what it returns
   * @throws IOException if QEMU has gone, or says that it failed
   */
  public JsonNode execute(String command, Map<String, ?> arguments) throws IOException {
    ObjectNode message = mapper.createObjectNode().put("execute", command);
    if (!arguments.isEmpty()) {
      message.set("arguments", mapper.valueToTree(arguments));
    }
    lines.write(mapper.writeValueAsString(message), answerMillis);
    long deadline = System.nanoTime() + answerMillis * 1_000_000;
    while (true) {
      String line = answer(command, deadline);
      if (line == null) {
        throw new GuestException("QEMU ended while it was to " + command);
      }
      JsonNode answer = mapper.readTree(line);
      if (answer.has("return")) {
        return answer.get("return");
      }
      if (answer.has("error")) {
        throw new GuestException(
            "QEMU refused to " + command + ": " + answer.get("error").path("desc").asText());
      }
      // Anything else is an event, which nobody here waits for.
    }
  }

  private String answer(String command, long deadline) throws IOException {
    try {
      return lines.read(MOST, (deadline - System.nanoTime()) / 1_000_000);
    } catch (SocketTimeoutException late) {
      throw new GuestTimeoutException(
          "QEMU did not answer to " + command + " in " + answerMillis + " ms");
    }
  }

  /**
   * The run state.
   *
   * @return for example {@code running}, {@code paused}, {@code inmigrate}, {@code postmigrate}
   * @throws IOException if QEMU has gone
   */
  public String status() throws IOException {
    return execute("query-status").path("status").asText();
  }

  /**
   * Migrates the guest and waits until all of it has left.
   *
   * @param uri where to, for example {@code unix:/tmp/migrate.sock}
   * @param timeout how long it may take
   * @throws GuestTimeoutException if it does not end in time
   * @throws IOException if it fails
   */
  public void migrate(String uri, Duration timeout) throws IOException {
    execute("migrate", Map.of("uri", uri));
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      JsonNode info = execute("query-migrate");
      switch (info.path("status").asText()) {
        case "completed" -> {
          return;
        }
        case "failed", "cancelled" ->
            throw new GuestException("the migration failed: " + info.path("error-desc").asText());
        default -> {
          if (System.nanoTime() - deadline >= 0) {
            throw new GuestTimeoutException(
                "the migration did not end in " + timeout + ": " + info);
          }
          pause(RETRY_MILLIS);
        }
      }
    }
  }

  /**
   * Waits for a run state.
   *
   * @param status for example {@code running}
   * @param timeout how long at most
   * @throws GuestTimeoutException if it does not come in time
   * @throws IOException if QEMU has gone
   */
  public void awaitStatus(String status, Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    for (String now = status(); !now.equals(status); now = status()) {
      if (System.nanoTime() - deadline >= 0) {
        throw new GuestTimeoutException("QEMU is " + now + " after " + timeout + ", not " + status);
      }
      pause(RETRY_MILLIS);
    }
  }

  private static void pause(long millis) throws IOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for QEMU", e);
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
