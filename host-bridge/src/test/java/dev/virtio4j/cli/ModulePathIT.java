package dev.virtio4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The jars as modules: the other tests run on the class path, where a module-info says nothing. */
class ModulePathIT {
  @Test
  void theCommandLineStartsFromTheModulePath() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--module-path",
                "target/host-bridge.jar" + File.pathSeparator + "target/lib",
                // Optional for the library, so not resolved by themselves.
                "--add-modules",
                "info.picocli,ch.qos.logback.classic",
                "--module",
                "dev.virtio4j.bridge/dev.virtio4j.cli.Main",
                "--version")
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).contains("virtio4j");
  }
}
