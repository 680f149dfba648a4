package dev.virtio4j.guest.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.blk.image.LockMode;
import dev.virtio4j.guest.GuestParts;
import dev.virtio4j.guest.QemuDevice;
import dev.virtio4j.guest.QemuGuest;
import dev.virtio4j.guest.QemuProgram;
import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Moves a guest that writes from one server to another, both on one image. What a server writes to
 * the guest's memory arrives at the destination only if it marks it in the log.
 */
class MigrationIT {
  private static final int QUEUES = 2;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void aGuestIsMovedInTheMiddleOfItsWrites(RingFormat format) throws Exception {
    QemuProgram qemu = Requires.qemu();
    GuestParts parts = Requires.linux();
    VersionedWriters writers = new VersionedWriters(QUEUES, true);
    Path image = writers.image(folder.resolve("disk.img"));
    Path from = folder.resolve("from");
    Path to = folder.resolve("to");
    // The source has the image open until it ends, so the destination can have no lock on it; QEMU
    // sees to it that one writes at a time.
    try (ServerProcess first = ServerProcess.start(from, image, QUEUES, LockMode.ON);
        ServerProcess locked =
            ServerProcess.prepare(folder.resolve("locked"), image, QUEUES, LockMode.AUTO);
        ServerProcess second = ServerProcess.start(to, image, QUEUES, LockMode.OFF);
        QemuGuest source = guest(qemu, parts, format, from, writers).boot();
        QemuGuest target = guest(qemu, parts, format, to, writers).incoming().boot()) {
      assertThatThrownBy(locked::serve).isInstanceOf(IOException.class);
      writers.start(source);
      writers.awaitProgress(2);
      long before = writers.requests();
      target.migrateFrom(source, DiskSteps.SOON);
      long during = writers.requests() - before;
      writers.awaitProgress(3);
      writers.finish(target, image);
      target.powerOff(DiskSteps.SOON);
      assertThat(first.alive()).isTrue();
      assertThat(second.alive()).isTrue();
      System.out.printf(
          "MigrationIT %s: %d requests, %d of them during the migration%n",
          format, writers.requests(), during);
    }
  }

  private static QemuGuest.Builder guest(
      QemuProgram qemu,
      GuestParts parts,
      RingFormat format,
      Path socket,
      VersionedWriters writers) {
    return QemuGuest.builder(qemu, parts)
        .processors(QUEUES)
        .memory(256)
        .migratable()
        .device(QemuDevice.disk(socket).queues(QUEUES).packed(format == RingFormat.PACKED))
        .console(writers);
  }
}
