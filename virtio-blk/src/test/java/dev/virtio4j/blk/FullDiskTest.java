package dev.virtio4j.blk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.image.Engine;
import dev.virtio4j.testing.HostNeeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A file system that is full, mounted in a namespace of its own, which needs no root. */
class FullDiskTest {
  private static final String MOUNT =
      "mount -t tmpfs -o size=1m none \"$0\" && echo mounted && exec \"$@\"";

  @TempDir Path folder;

  private record Run(int status, String output) {}

  private Run run(String... command) throws IOException, InterruptedException {
    List<String> all =
        new ArrayList<>(
            List.of(
                HostNeeds.program("unshare").toString(),
                "-rm",
                "sh",
                "-c",
                MOUNT,
                folder.toString()));
    all.addAll(List.of(command));
    Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Run(process.exitValue(), output);
  }

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"PORTABLE", "VECTORED", "IO_URING"})
  void writeToAFullDiskFailsAndTheDeviceLives(Engine engine) throws Exception {
    Run mount = run("true");
    HostNeeds.that(
        mount.status == 0, "No file system can be mounted without root: " + mount.output);
    Run filled =
        run(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            FullDisk.class.getName(),
            folder.toString(),
            engine.name());
    assertThat(filled.status).as(filled.output).isZero();
    assertThat(filled.output).startsWith("mounted");
  }
}
