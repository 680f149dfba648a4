package dev.virtio4j.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.cli.InstalledLauncher;
import dev.virtio4j.cli.serve.ServeProcess;
import dev.virtio4j.loop.Await;
import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
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
  void everyByteIsRightAndTheReportSaysSo() throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    String launcher = InstalledLauncher.in(folder).toString();
    try (ServeProcess demo =
        ServeProcess.run(temporary, List.of(launcher, "demo", "--size", "256M"))) {
      assertThat(demo.exitStatus(Duration.ofMinutes(5))).as(demo.errors()).isZero();
      assertThat(demo.rest())
          .startsWith("A Linux guest used a disk that this JVM served: every byte was right.\n")
          .containsPattern("\nguest +Linux [0-9.]+.* \\(User-mode Linux\\), 1 processor\n")
          .containsPattern("\ndevice +/dev/vda, 256 MiB, 1 queue, .* serial virtio4j-demo\n")
          .containsPattern("\nfeatures +.*FLUSH")
          .containsPattern("\nwritten +64\\.0 MiB in 16 files on ")
          .containsPattern("\nverified +64\\.0 MiB after mounting again, every SHA-256 right")
          .contains("4 KiB random reads, 32 at a time", "as the server saw it, in all")
          .containsPattern("\ntook [0-9]+ s\n$");
    }
    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left.filter(Files::isDirectory)).isEmpty();
    }
  }

  @Test
  void aSignalEndsItQuietlyAndLeavesNothing() throws Exception {
    ServeProcess.requireInterrupts();
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
