package dev.virtio4j.guest.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.BlockDevice;
import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.guest.GuestParts;
import dev.virtio4j.guest.GuestScript;
import dev.virtio4j.guest.QemuDevice;
import dev.virtio4j.guest.QemuGuest;
import dev.virtio4j.guest.QemuProgram;
import dev.virtio4j.guest.ScriptResult;
import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class QemuDiskIT {
  private static final long MIB = 1 << 20;

  /**
   * Backports of which the QEMU runs on the oldest host, and of which the kernel knows IN_ORDER.
   */
  private static final String QEMU_FROM = "bookworm";

  private static final String KERNEL_FROM = "trixie";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"SPLIT, 1", "SPLIT, 4", "PACKED, 1", "PACKED, 4"})
  void aGuestUsesADiskOnPci(RingFormat format, int queues) throws Exception {
    QemuProgram qemu = Requires.qemu();
    GuestParts parts = Requires.linux();
    Path image = Images.sparse(folder.resolve("disk.img"), 64 * MIB);
    try (ServedDisks served =
            new ServedDisks(
                folder, 0, BlockDevice.builder(image).serial("qemu-disk").queues(queues).build());
        QemuGuest guest =
            QemuGuest.builder(qemu, parts)
                .processors(queues)
                .device(disk(served, format, queues))
                .boot()) {
      DiskSteps steps = new DiskSteps(guest);
      ScriptResult identity = steps.identity();
      assertThat(identity.value("serial")).isEqualTo("qemu-disk");
      assertThat(identity.value("queues")).isEqualTo(Integer.toString(queues));
      assertThat(RingFormat.of(identity.value("features"))).isEqualTo(format);

      if (queues > 1) {
        steps.useEachProcessor();
        for (int i = 0; i < queues; i++) {
          assertThat(served.figure(0, "virtio_queue_chains_total", "queue", Integer.toString(i)))
              .as("requests of queue %d", i)
              .isGreaterThanOrEqualTo(32);
        }
      }
      steps.makeFiles(6);
      long before = Images.allocated(image);
      steps.trim();
      assertThat(before - Images.allocated(image)).isGreaterThan(5 * MIB);
      steps.rebindDriver(2);
      steps.grow(served, 96 * MIB);
      steps.checkFiles();
      guest.powerOff(DiskSteps.SOON);
      served.awaitHungUp(0);
      assertThat(served.errors(0)).isEmpty();
    }
  }

  @Test
  void aGuestThatIsKilledInTheMiddleOfItsWritesLeavesTheServerToTheNext() throws Exception {
    QemuProgram qemu = Requires.qemu();
    GuestParts parts = Requires.linux();
    Path image = Images.sparse(folder.resolve("disk.img"), 64 * MIB);
    try (ServedDisks served =
        new ServedDisks(folder, 0, BlockDevice.builder(image).queues(4).build())) {
      try (QemuGuest guest =
          QemuGuest.builder(qemu, parts)
              .processors(2)
              .device(disk(served, RingFormat.PACKED, 2))
              .boot()) {
        kill(guest, "rw=randwrite bs=65536 depth=32");
        served.awaitHungUp(0);
      }
      try (QemuGuest guest =
          QemuGuest.builder(qemu, parts).device(disk(served, RingFormat.SPLIT, 1)).boot()) {
        DiskSteps steps = new DiskSteps(guest);
        steps.makeFiles(4);
        steps.checkFiles();
        guest.powerOff(DiskSteps.SOON);
      }
      served.awaitHungUp(0);
      assertThat(served.errors(0)).isEmpty();
      assertThat(served.figure(0, "virtio_queue_in_flight", null, null)).isZero();
    }
  }

  private static void kill(QemuGuest guest, String load) throws IOException {
    GuestScript script =
        guest.start(
            """
            disk-load before file=/dev/vda %1$s seconds=1
            v4j loaded yes
            disk-load endless file=/dev/vda %1$s seconds=300
            """
                .formatted(load));
    script.awaitValue("loaded", DiskSteps.SOON);
    ProcessHandle.of(guest.pid()).orElseThrow().destroyForcibly();
    assertThat(guest.awaitExit(Duration.ofSeconds(20))).hasValue(128 + 9);
  }

  @ParameterizedTest
  @EnumSource
  void aGuestTakesItsRequestsBackInOrder(RingFormat format) throws Exception {
    Requires.qemu();
    GuestParts parts = Requires.linux();
    QemuProgram newer = Requires.available(() -> parts.qemuBackport(QEMU_FROM));
    GuestParts.Kernel kernel = Requires.available(() -> parts.linuxBackport(KERNEL_FROM));
    Path image = Images.sparse(folder.resolve("disk.img"), 64 * MIB);
    try (ServedDisks served =
            new ServedDisks(folder, 0, BlockDevice.builder(image).queues(2).build());
        QemuGuest guest =
            QemuGuest.builder(newer, parts)
                .kernel(kernel)
                .processors(2)
                .device(disk(served, format, 2).with("in_order", "on"))
                .boot()) {
      DiskSteps steps = new DiskSteps(guest);
      String features = steps.identity().value("features");
      assertThat(RingFormat.of(features)).isEqualTo(format);
      assertThat(features.charAt(Long.numberOfTrailingZeros(VirtioFeatures.IN_ORDER)))
          .as("IN_ORDER of kernel %s", guest.kernelRelease())
          .isEqualTo('1');
      steps.run("disk-load mixed file=/dev/vda rw=randwrite bs=4096 depth=32 seconds=1");
      steps.makeFiles(6);
      steps.trim();
      steps.rebindDriver(2);
      steps.checkFiles();
      guest.powerOff(DiskSteps.SOON);
      served.awaitHungUp(0);
      assertThat(served.errors(0)).isEmpty();
    }
  }

  private static QemuDevice disk(ServedDisks served, RingFormat format, int queues) {
    return QemuDevice.disk(served.socket(0)).queues(queues).packed(format == RingFormat.PACKED);
  }
}
