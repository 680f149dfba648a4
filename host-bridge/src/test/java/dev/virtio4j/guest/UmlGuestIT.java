package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.bench.StorageDaemon;
import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UmlGuestIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path folder;

  @Test
  void scriptsRunOneAfterAnotherAndTalkToTheHost() throws IOException {
    try (UmlGuest guest = UmlGuest.builder(Requires.uml()).boot()) {
      assertThat(guest.kernelRelease()).matches("[0-9]+\\.[0-9]+.*");
      ScriptResult first = guest.run("v4j cpus $(nproc)\necho one\nprintf two\nexit 3", SOON);
      assertThat(first.status()).isEqualTo(3);
      assertThat(first.lines()).containsExactly("one", "two");
      assertThat(first.values()).containsEntry("cpus", "1");

      GuestScript asking = guest.start("v4j ask name\nread name\necho \"hello $name\"");
      assertThat(asking.awaitValue("ask", SOON)).isEqualTo("name");
      guest.sendLine("host");
      assertThat(asking.await(SOON).lines()).containsExactly("hello host");

      // As many bytes as arrived, whatever a terminal makes of control characters.
      String text = "x'\"\\$`é\t".repeat(2000);
      ScriptResult sum = guest.run("wc -c <<'END'\n" + text + "\nEND\n", SOON);
      int bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length + 1;
      assertThat(sum.lines()).containsExactly(Integer.toString(bytes));

      guest.powerOff(SOON);
    }
  }

  @Test
  void aDiskIsMeasuredAndEveryByteVerified() throws Exception {
    GuestParts parts = Requires.uml();
    Path image = folder.resolve("disk.img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(256L << 20);
    }
    try (StorageDaemon daemon = StorageDaemon.serve(image, folder.resolve("s"), 1);
        UmlGuest guest = UmlGuest.builder(parts).disk(daemon.socket()).boot()) {
      ScriptResult result =
          guest.run("disk-demo /dev/vda 4 1 0.2", Duration.ofMinutes(3)).requireSuccess();
      assertThat(result.value("bytes")).isEqualTo(Long.toString(256L << 20));
      assertThat(result.value("written")).isEqualTo(result.value("verified"));
      assertThat(result.value("fsck")).isEqualTo("clean");
      assertThat(LoadReport.of(result, "randread32").operations()).isPositive();
      assertThat(LoadReport.of(result, "randwrite1").iops()).isPositive();
      guest.powerOff(SOON);
    }
  }

  @Test
  void aClosedGuestLeavesNoProcess() throws Exception {
    long pid;
    GuestScript script;
    try (UmlGuest guest = UmlGuest.builder(Requires.uml()).boot()) {
      pid = guest.pid();
      script = guest.start("v4j started yes\nsleep 1000 & sleep 1000");
      script.awaitValue("started", SOON);
    }
    assertThat(ProcessHandle.of(pid)).isEmpty();
    assertThat(OwnProcesses.liveOfSession(pid)).isEmpty();
    assertThatThrownBy(() -> script.await(SOON)).isInstanceOf(GuestException.class);
  }

  @Test
  void whatAKilledGuestLeavesIsEnded() throws Exception {
    long pid;
    try (UmlGuest guest = UmlGuest.builder(Requires.uml()).boot()) {
      pid = guest.pid();
      GuestScript script = guest.start("v4j started yes\nsleep 1000 & sleep 1000");
      script.awaitValue("started", SOON);
      ProcessHandle.of(pid).orElseThrow().destroyForcibly();
      assertThatThrownBy(() -> script.await(SOON))
          .isInstanceOf(GuestException.class)
          .hasMessageContaining("User-mode Linux ended with status 137");
    }
    assertThat(OwnProcesses.liveOfSession(pid)).isEmpty();
  }

  @Test
  void aPanicIsToldAtOnce() throws IOException {
    try (UmlGuest guest = UmlGuest.builder(Requires.uml()).boot()) {
      GuestScript script =
          guest.start("echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger");
      assertThatThrownBy(() -> script.await(SOON))
          .isInstanceOf(GuestException.class)
          .isNotInstanceOf(GuestTimeoutException.class);
    }
  }

  @Test
  void aGuestThatDoesNotBootInTimeIsEnded() throws IOException {
    GuestParts parts = Requires.uml();
    assertThatThrownBy(() -> UmlGuest.builder(parts).bootTimeout(Duration.ofMillis(1)).boot())
        .isInstanceOf(GuestTimeoutException.class)
        .hasMessageContaining("did not boot");
  }

  @Test
  void aModuleThatTheKernelLacksIsNamed() throws IOException {
    GuestParts parts = Requires.uml();
    assertThatThrownBy(() -> UmlGuest.builder(parts).module("virtio_gpu").boot())
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("no module virtio_gpu");
  }
}
