package dev.virtio4j.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.cli.serve.ServeProcess;
import dev.virtio4j.loop.Await;
import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, disabledReason = "the demo's guest is User-mode Linux")
class DemoIT {
  @TempDir private Path folder;

  @BeforeEach
  void fetchTheGuest() throws Exception {
    Requires.uml();
  }

  @Test
  void aSignalEndsItQuietlyAndLeavesNothing() throws Exception {
    Path image = folder.resolve("named.img");
    try (ServeProcess demo =
        ServeProcess.start(folder, "demo", "--size", "128M", "--image", image.toString())) {
      Await.until(
          "the guest boots: " + demo.errors(), () -> errors(demo).contains("booting the guest"));
      demo.signal("INT");
      assertThat(demo.exitStatus()).isEqualTo(130);
      assertThat(demo.errors()).doesNotContain("virtio:");
    }
    assertThat(image).doesNotExist();
  }

  private static String errors(ServeProcess demo) {
    try {
      return demo.errors();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
