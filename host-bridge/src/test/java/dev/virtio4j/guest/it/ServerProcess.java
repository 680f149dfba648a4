package dev.virtio4j.guest.it;

import dev.virtio4j.blk.image.LockMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A {@link DiskServer} in a process of its own. */
final class ServerProcess implements AutoCloseable {
  private static final long START_SECONDS = 120;
  private static final int NATIVE_ACCESS_SINCE = 22;
  private static final int SIGKILL_STATUS = 128 + 9;

  private final Process process;

  private ServerProcess(Process process) {
    this.process = process;
  }

  /** Starts one that waits to be told to {@link #serve}. */
  static ServerProcess prepare(Path socket, Path image, int queues, LockMode locking)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Short lives: what the compilers would give comes too late.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"));
    if (Runtime.version().feature() >= NATIVE_ACCESS_SINCE) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(DiskServer.class.getName());
    command.addAll(
        List.of(socket.toString(), image.toString(), Integer.toString(queues), locking.name()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new ServerProcess(process);
  }

  /** Starts one that serves. */
  static ServerProcess start(Path socket, Path image, int queues, LockMode locking)
      throws IOException {
    ServerProcess server = prepare(socket, image, queues, locking);
    try {
      server.serve();
      return server;
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** Has it open the image and listen. */
  void serve() throws IOException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    String line = firstLine();
    if (!DiskServer.LISTENING.equals(line)) {
      throw new IOException("the server said " + line + " and not that it listens");
    }
  }

  /** Reading from a process heeds no interrupt, so it is done on a thread of its own. */
  private String firstLine() throws IOException {
    CompletableFuture<String> line = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                line.complete(process.inputReader().readLine());
              } catch (IOException e) {
                line.completeExceptionally(e);
              }
            },
            "server-output");
    reader.setDaemon(true);
    reader.start();
    try {
      return line.get(START_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for the server", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the server does not say that it listens", e);
    }
  }

  /** {@code kill -9}; returns when the process is no more. */
  void kill() throws IOException {
    process.destroyForcibly();
    if (awaitEnd() != SIGKILL_STATUS) {
      throw new IOException("the server ended by itself, with status " + process.exitValue());
    }
  }

  private int awaitEnd() {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (!process.waitFor(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("process " + process.pid() + " does not end");
          }
          return process.exitValue();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  boolean alive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    int unused = awaitEnd();
  }
}
