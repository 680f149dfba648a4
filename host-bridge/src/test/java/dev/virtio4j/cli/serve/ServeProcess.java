package dev.virtio4j.cli.serve;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The command line in a process of its own, with its control folder in the test's. */
final class ServeProcess implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  private final Process process;
  private final BufferedReader out;
  private final Path errors;

  private ServeProcess(Process process, Path errors) {
    this.process = process;
    this.errors = errors;
    out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Runs {@code virtio} with arguments. */
  static ServeProcess start(Path folder, String... args) throws IOException {
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
    Path errors = Files.createTempFile(folder, "errors", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().put("XDG_RUNTIME_DIR", folder.toString());
    builder.directory(folder.toFile());
    return new ServeProcess(builder.start(), errors);
  }

  /** The next line of standard output; null at its end. */
  String line() throws IOException {
    return out.readLine();
  }

  long pid() {
    return process.pid();
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** Sends a signal by its name. */
  void signal(String name) throws IOException, InterruptedException {
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
  int exitStatus() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not end");
    }
    return process.exitValue();
  }

  /** Standard error so far. */
  String errors() throws IOException {
    return Files.readString(errors);
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly().onExit().join();
    out.close();
  }
}
