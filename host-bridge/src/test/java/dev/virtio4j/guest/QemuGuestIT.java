package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.bench.StorageDaemon;
import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QemuGuestIT {
  private static final Duration SOON = Duration.ofMinutes(2);

  @TempDir Path folder;

  @Test
  void aDiskWithFourQueuesIsReadAndWritten() throws Exception {
    QemuProgram qemu = Requires.qemu();
    GuestParts parts = Requires.linux();
    Path image = folder.resolve("disk.img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(64L << 20);
    }
    try (StorageDaemon daemon = StorageDaemon.serve(image, folder.resolve("s"), 4);
        QemuGuest guest =
            QemuGuest.builder(qemu, parts)
                .processors(4)
                .device(QemuDevice.disk(daemon.socket()).queues(4).queueSize(64))
                .boot()) {
      assertThat(guest.qmp().status()).isEqualTo("running");
      ScriptResult result =
          guest
              .run(
                  """
                  set -e
                  v4j queues $(ls /sys/block/vda/mq | wc -l)
                  mkfs.ext4 -q /dev/vda
                  mount -t ext4 /dev/vda /mnt
                  head -c 1000000 /dev/urandom >/mnt/a
                  sum=$(sha256sum /mnt/a)
                  umount /mnt
                  echo 3 >/proc/sys/vm/drop_caches
                  mount -t ext4 /dev/vda /mnt
                  [ "$sum" = "$(sha256sum /mnt/a)" ]
                  umount /mnt
                  e2fsck -fn /dev/vda
                  """,
                  SOON)
              .requireSuccess();
      assertThat(result.value("queues")).isEqualTo("4");
      guest.powerOff(SOON);
    }
  }

  @Test
  void aScriptGoesOnAfterAMigration() throws IOException {
    QemuProgram qemu = Requires.qemu();
    GuestParts parts = Requires.linux();
    try (QemuGuest source = QemuGuest.builder(qemu, parts).migratable().boot();
        QemuGuest target = QemuGuest.builder(qemu, parts).incoming().boot()) {
      GuestScript script =
          source.start(
              """
              i=0
              while [ $i -lt 300 ]; do
                echo "line $i"
                v4j at $i
                i=$((i + 1))
                usleep 10000
              done
              read word
              echo "$word"
              """);
      script.awaitValue("at", SOON);
      target.migrateFrom(source, SOON);
      target.sendLine("arrived");
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        expected.add("line " + i);
      }
      expected.add("arrived");
      assertThat(script.await(SOON).lines()).isEqualTo(expected);
      assertThat(target.run("echo again", SOON).lines()).containsExactly("again");
      target.powerOff(SOON);
    }
  }

  @Test
  void aClosedGuestLeavesNoProcess() throws IOException {
    QemuProgram qemu = Requires.qemu();
    GuestParts parts = Requires.linux();
    long pid;
    try (QemuGuest guest = QemuGuest.builder(qemu, parts).boot()) {
      pid = guest.pid();
    }
    assertThat(OwnProcesses.liveOfSession(pid)).isEmpty();
  }
}
