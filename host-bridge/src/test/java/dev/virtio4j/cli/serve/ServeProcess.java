package dev.virtio4j.cli.serve;

import dev.virtio4j.testing.Requires;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The command line in a process of its own, with its control folder in the test's. */
public final class ServeProcess implements AutoCloseable {
  private static final int SIGINT = 2;
  private static final long PATIENCE_SECONDS = 120;

  private final Process process;
  private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();
  private final Path errors;

  private ServeProcess(Process process, Path errors) {
    this.process = process;
    this.errors = errors;
    Thread reader = new Thread(this::read, "reader-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /** Runs {@code virtio} with arguments. */
  public static ServeProcess start(Path folder, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Xshare:auto", "-XX:TieredStopAtLevel=1"));
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    // The services of the command line, as on the launcher's class path.
    Path services = Path.of("src/main/cli").toAbsolutePath();
    command.addAll(List.of("-cp", services + ":" + System.getProperty("java.class.path")));
    command.add("dev.virtio4j.cli.Main");
    command.addAll(List.of(args));
    return run(folder, command);
  }

  /** Runs any command that becomes {@code virtio}. */
  public static ServeProcess run(Path folder, List<String> command) throws IOException {
    Path errors = Files.createTempFile(folder, "errors", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().put("XDG_RUNTIME_DIR", folder.toString());
    builder.directory(folder.toFile());
    builder.environment().put("TMPDIR", folder.toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return new ServeProcess(builder.start(), errors);
  }

  /** All that is left of standard output. */
  public String rest() throws IOException, InterruptedException {
    StringBuilder text = new StringBuilder();
    for (String line = line(); line != null; line = line()) {
      text.append(line).append('\n');
    }
    return text.toString();
  }

  /** The next line of standard output; null at its end. */
  public String line() throws IOException, InterruptedException {
    Optional<String> line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (line == null) {
      throw new AssertionError(
          "no line in " + PATIENCE_SECONDS + " s; standard error has: " + errors());
    }
    if (line.isEmpty()) {
      lines.add(line);
    }
    return line.orElse(null);
  }

  private void read() {
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(Optional.of(line));
      }
    } catch (IOException gone) {
      // Its end, too.
    } finally {
      lines.add(Optional.empty());
    }
  }

  long pid() {
    return process.pid();
  }

  /** What a shell runs in the background ignores SIGINT, and so does all that it starts. */
  public static void requireInterrupts() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String ignored = lines.filter(line -> line.startsWith("SigIgn:")).findFirst().orElseThrow();
      long signals = Long.parseUnsignedLong(ignored.substring(7).strip(), 16);
      Requires.that(
          (signals >> (SIGINT - 1) & 1) == 0,
          "SIGINT is ignored, as in the background of a shell: run the tests in the foreground.");
    }
  }

  /** Sends SIGTERM. */
  public void terminate() {
    process.destroy();
  }

  /** Sends a signal by its name. */
  public void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** Whether it has a handler of its own for a signal. */
  boolean handles(int signal) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
      String caught = lines.filter(line -> line.startsWith("SigCgt:")).findFirst().orElseThrow();
      return (Long.parseUnsignedLong(caught.substring(7).strip(), 16) >> (signal - 1) & 1) != 0;
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** The exit status, when it has ended. */
  public int exitStatus() throws InterruptedException {
    return exitStatus(Duration.ofSeconds(PATIENCE_SECONDS));
  }

  /** The exit status, when it has ended. */
  public int exitStatus(Duration patience) throws InterruptedException {
    if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not end");
    }
    return process.exitValue();
  }

  /** Standard error so far. */
  public String errors() throws IOException {
    return Files.readString(errors);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      int unused = exitStatus();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
