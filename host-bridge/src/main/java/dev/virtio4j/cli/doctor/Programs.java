package dev.virtio4j.cli.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Programs on the PATH. */
final class Programs {
  private static final int SECONDS = 5;

  private final Map<String, String> environment;

  Programs(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Where a program is; null if it is nowhere. */
  Path find(String name) {
    for (String folder : environment.getOrDefault("PATH", "").split(":", -1)) {
      if (!folder.isEmpty()) {
        Path program = Path.of(folder, name);
        if (Files.isExecutable(program) && !Files.isDirectory(program)) {
          return program;
        }
      }
    }
    return null;
  }

  /** The first line of what {@code PROGRAM --version} prints; null if it does not run. */
  static String version(Path program) {
    Process process = null;
    try {
      process =
          new ProcessBuilder(program.toString(), "--version")
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        return null;
      }
      try (InputStream output = process.getInputStream()) {
        String text = new String(output.readNBytes(4096), StandardCharsets.UTF_8);
        return text.lines().findFirst().orElse("").strip();
      }
    } catch (IOException notRun) {
      return null;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return null;
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
    }
  }
}
