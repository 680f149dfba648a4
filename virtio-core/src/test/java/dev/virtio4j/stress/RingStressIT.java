package dev.virtio4j.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the jcstress tests of this package in JVMs of their own. */
class RingStressIT {
  /** One of each handshake in each format; a mode runs all twelve tests. */
  private static final String SHORT =
      "KickHandshake.Split$|KickHandshake.PackedEventIdx|InterruptHandshake.SplitEventIdx"
          + "|InterruptHandshake.Packed$";

  @TempDir Path dir;

  @Test
  void noHandshakeLosesANotificationAndNothingIsSeenInPart() throws Exception {
    String mode = System.getProperty("virtio4j.jcstress", "");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "org.openjdk.jcstress.Main",
                "-t",
                mode.isEmpty() ? SHORT : "dev\\.virtio4j\\.stress",
                "-r",
                dir.toString()));
    if (mode.isEmpty()) {
      // One JVM for each test, compiled as it comes.
      command.addAll(
          List.of(
              "-jvmArgs",
              "-Xmx256m -XX:+UseSerialGC",
              "-sc",
              "false",
              "-f",
              "1",
              "-iters",
              "1",
              "-time",
              "200"));
    } else {
      command.addAll(List.of("-m", mode));
    }
    Path log = dir.resolve("jcstress.log");
    Process process =
        new ProcessBuilder(command)
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(process.waitFor(mode.isEmpty() ? 5 : 600, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String output = Files.readString(log);
    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output)
        .contains("Failed tests: No matches.")
        .contains("Error tests: No matches.")
        .containsPattern("All remaining tests: (4|12) matching test results");
  }
}
