package dev.virtio4j.guest;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Programs of the host that are run to their end. */
final class HostProgram {
  /** Where administrators' programs are; an ordinary user's PATH often lacks these. */
  private static final List<String> MORE_FOLDERS =
      List.of("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin");

  private HostProgram() {}

  /** What a program printed, both streams together, and how it ended. */
  record Result(int exitCode, String text) {
    /** The last lines of the output, for a message. */
    String tail() {
      List<String> lines = text.lines().filter(line -> !line.isBlank()).toList();
      return String.join("; ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    }
  }

  /** Finds a program in PATH and the usual folders. */
  static Optional<Path> find(String name) {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(File.pathSeparator)) {
      Path file = Path.of(folder, name);
      if (!folder.isEmpty() && Files.isRegularFile(file) && Files.isExecutable(file)) {
        return Optional.of(file);
      }
    }
    return MORE_FOLDERS.stream()
        .map(folder -> Path.of(folder, name))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  private static ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    // Output is parsed: no translations.
    builder.environment().put("LC_ALL", "C");
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    return builder;
  }

  /** Starts a program in a folder, both output streams joined, no input. */
  static Process start(Path folder, List<String> command) throws IOException {
    return builder(command).directory(folder.toFile()).redirectErrorStream(true).start();
  }

  /** Reads a started program's output and waits for its end. */
  static Result finish(Process process, String name, long timeoutSeconds) throws IOException {
    Thread watchdog = watchdog(process, timeoutSeconds);
    try {
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), text);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + name + " ran", e);
    } finally {
      process.destroyForcibly();
      watchdog.interrupt();
    }
  }

  /** Ends a program that hangs, by which its output ends too. */
  private static Thread watchdog(Process process, long timeoutSeconds) {
    Thread thread =
        new Thread(
            () -> {
              try {
                if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
                  process.descendants().forEach(ProcessHandle::destroyForcibly);
                  process.destroyForcibly();
                }
              } catch (InterruptedException e) {
                // The program has ended.
              }
            },
            String.format(Locale.ROOT, "watchdog-%d", process.pid()));
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Runs a program, both output streams joined. */
  static Result run(Path folder, List<String> command, long timeoutSeconds) throws IOException {
    return finish(start(folder, command), command.get(0), timeoutSeconds);
  }

  /** Runs a program whose standard output is wanted as bytes. */
  static byte[] output(List<String> command) throws IOException {
    if (find(command.get(0)).isEmpty()) {
      throw new GuestUnavailableException(
          GuestUnavailableException.Lack.PROGRAM,
          "The program " + command.get(0) + " is needed to read " + command.get(2) + ".",
          "Install the package that has it (xz-utils, zstd).");
    }
    Process process = builder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try {
      byte[] output = process.getInputStream().readAllBytes();
      int exitCode = process.waitFor();
      if (exitCode != 0) {
        throw new GuestException(String.join(" ", command) + " failed with status " + exitCode);
      }
      return output;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + command.get(0) + " ran", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
