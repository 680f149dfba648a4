package dev.virtio4j.bench.compare;

import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A back-end that runs as a process of its own and listens on a socket. */
final class BackEndProcess implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(2); // The launcher may have to build.
  private static final Duration STOP = Duration.ofSeconds(10);
  private static final int TAIL = 10;

  private final Process process;
  private final Path socket;
  private final Path log;

  private BackEndProcess(Process process, Path socket, Path log) {
    this.process = process;
    this.socket = socket;
    this.log = log;
  }

  /** Starts it, and waits until it listens. */
  static BackEndProcess start(List<String> command, Path socket, Path log)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    BackEndProcess started = new BackEndProcess(process, socket, log);
    try {
      started.awaitListening(String.join(" ", command));
      return started;
    } catch (IOException | InterruptedException | RuntimeException e) {
      started.close();
      throw e;
    }
  }

  private void awaitListening(String command) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (!listens()) {
      if (process.waitFor(5, TimeUnit.MILLISECONDS)) {
        throw new CliException(
            ExitCode.FAILED,
            "%s ended with exit code %d before it listened on %s; its last lines:\n%s"
                .formatted(command, process.exitValue(), socket, tail()));
      }
      if (System.nanoTime() - deadline > 0) {
        throw new CliException(
            ExitCode.FAILED,
            "%s does not listen on %s after %d s; its last lines:\n%s"
                .formatted(command, socket, START.toSeconds(), tail()));
      }
    }
  }

  /** Looks for a listening socket of that path (/proc/net/unix), without connecting to it. */
  private boolean listens() throws IOException {
    String path = " " + socket;
    try (var lines = Files.lines(Path.of("/proc/net/unix"))) {
      return lines.anyMatch(line -> line.endsWith(path) && line.contains(" 00010000 "));
    }
  }

  private String tail() throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL), lines.size()));
  }

  long pid() {
    return process.pid();
  }

  Path socket() {
    return socket;
  }

  ProcessCpu cpu() throws IOException {
    if (!process.isAlive()) {
      throw new CliException(
          ExitCode.FAILED,
          "the back-end on %s ended with exit code %d; its last lines:\n%s"
              .formatted(socket, process.exitValue(), tail()));
    }
    return ProcessCpu.of(process.pid());
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
  }
}
