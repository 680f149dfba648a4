package dev.virtio4j.cli.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.lines.LineChannel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The control socket of a server. A line is a request, a line is its answer: {@code
 * {"command":"stats"}} is answered with {@code {"ok":true,"result":{...}}}, or with {@code
 * {"ok":false,"error":"a sentence"}}.
 *
 * <p>Lines are 64 KiB at most, connections eight; one that is silent for 30 seconds is closed.
 */
public final class ControlServer implements AutoCloseable {
  static final int MAX_REQUEST = 64 << 10;
  private static final int MAX_CONNECTIONS = 8;
  private static final long SILENCE_MILLIS = 30_000;
  private static final long METRICS_SECONDS = 5;

  private final Path path;
  private final List<ServedDevice> devices;
  private final ServerSocketChannel listener;
  private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
  private final long started = System.nanoTime();

  private ControlServer(Path path, List<ServedDevice> devices, ServerSocketChannel listener) {
    this.path = path;
    this.devices = List.copyOf(devices);
    this.listener = listener;
  }

  /**
   * Listens.
   *
   * @param path the socket; one that nobody serves any more is replaced
   * @param devices what is served
   * @return the running server
   * @throws IOException if it cannot listen there
   */
  public static ControlServer start(Path path, List<ServedDevice> devices) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      LeftSocket.remove(path);
      listener.bind(UnixDomainSocketAddress.of(path));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException | RuntimeException failed) {
      listener.close();
      throw failed;
    }
    ControlServer server = new ControlServer(path, devices, listener);
    Thread thread =
        new Thread(
            new AcceptLoop(listener::accept, listener::isOpen, server::take), "virtio-control");
    thread.setDaemon(true);
    thread.start();
    return server;
  }

  private void take(SocketChannel client) {
    if (!connections.tryAcquire()) {
      close(client);
      return;
    }
    Thread thread = new Thread(() -> serve(client), "virtio-control-client");
    thread.setDaemon(true);
    thread.start();
  }

  private void serve(SocketChannel client) {
    ObjectMapper mapper = new ObjectMapper();
    try (client;
        LineChannel lines = new LineChannel(client)) {
      String request;
      while ((request = lines.read(MAX_REQUEST, SILENCE_MILLIS)) != null) {
        lines.write(mapper.writeValueAsString(answer(mapper, request)), SILENCE_MILLIS);
      }
    } catch (IOException gone) {
      // The client's loss alone.
    } finally {
      connections.release();
    }
  }

  private static void close(SocketChannel client) {
    try {
      client.close();
    } catch (IOException gone) {
      // As it was to be.
    }
  }

  private ObjectNode answer(ObjectMapper mapper, String line) {
    ObjectNode answer = mapper.createObjectNode();
    try {
      JsonNode request = mapper.readTree(line);
      ObjectNode result = mapper.createObjectNode();
      String command = request.path("command").asText();
      switch (command) {
        case "stats" -> stats(result);
        case "resize" -> resize(request, result);
        default -> throw new IllegalArgumentException("unknown command '" + command + "'");
      }
      answer.put("ok", true).set("result", result);
    } catch (JsonProcessingException notJson) {
      answer.put("ok", false).put("error", "not JSON: " + notJson.getOriginalMessage());
    } catch (IOException | RuntimeException refused) {
      answer.put("ok", false).put("error", String.valueOf(refused.getMessage()));
    }
    return answer;
  }

  private void stats(ObjectNode result) throws IOException {
    result.put("pid", ProcessHandle.current().pid());
    result.put("uptime_seconds", (System.nanoTime() - started) / 1e9);
    result.putArray("devices");
    for (DeviceStats device : stats()) {
      device.write(result.withArray("devices").addObject());
    }
  }

  /**
   * The figures of all devices.
   *
   * @return one for each
   * @throws IOException if a device does not answer
   */
  public List<DeviceStats> stats() throws IOException {
    return stats(devices);
  }

  /**
   * The figures of some devices.
   *
   * @param devices which
   * @return one for each
   * @throws IOException if a device does not answer in 5 seconds
   */
  public static List<DeviceStats> stats(List<ServedDevice> devices) throws IOException {
    List<DeviceStats> all = new java.util.ArrayList<>();
    for (ServedDevice device : devices) {
      try {
        all.add(
            new DeviceStats(
                device.name(),
                device.type(),
                device.address(),
                device.metrics().toCompletableFuture().get(METRICS_SECONDS, TimeUnit.SECONDS)));
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", interrupted);
      } catch (ExecutionException | TimeoutException silent) {
        throw new IOException("device '" + device.name() + "' does not answer", silent);
      }
    }
    return all;
  }

  private void resize(JsonNode request, ObjectNode result) throws IOException {
    String name = request.path("device").asText();
    JsonNode size = request.path("size");
    if (!size.isIntegralNumber() || !size.canConvertToLong() || size.longValue() < 0) {
      throw new IllegalArgumentException("'size' must be a number of bytes");
    }
    for (ServedDevice device : devices) {
      if (device.name().equals(name)) {
        result.put("device", name).put("size", device.resize(size.longValue()));
        return;
      }
    }
    List<String> names = devices.stream().map(ServedDevice::name).toList();
    throw new IllegalArgumentException(
        "there is no device '" + name + "'; there is " + String.join(", ", names));
  }

  /** Stops listening and removes the socket. */
  @Override
  public void close() {
    try {
      listener.close();
      Files.deleteIfExists(path);
    } catch (IOException gone) {
      // It is as it should be, or not ours any more.
    }
  }
}
