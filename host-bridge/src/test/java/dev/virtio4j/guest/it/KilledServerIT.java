package dev.virtio4j.guest.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.image.LockMode;
import dev.virtio4j.guest.GuestParts;
import dev.virtio4j.guest.QemuDevice;
import dev.virtio4j.guest.QemuGuest;
import dev.virtio4j.guest.QemuProgram;
import dev.virtio4j.testing.Requires;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Kills the servers of a running QEMU guest's disk. {@link Kills} says how often.
 *
 * <p>None is killed before the guest goes on: QEMU 7.2 never speaks again to a back-end on a socket
 * where one died while QEMU asked what it offers. {@link KilledBackEndIT} kills then too.
 */
class KilledServerIT {
  private static final int QUEUES = 2;

  @TempDir Path folder;

  private Path socket;
  private Path image;

  @ParameterizedTest
  @EnumSource
  void aGuestGoesOnWithNothingLostWhenItsServersAreKilled(RingFormat format) throws Exception {
    QemuProgram qemu = Requires.qemu();
    GuestParts parts = Requires.linux();
    Random random = Kills.random("KilledServerIT " + format);
    VersionedWriters writers = new VersionedWriters(QUEUES, false);
    socket = folder.resolve("s");
    image = writers.image(folder.resolve("disk.img"));
    ServerProcess server = prepare();
    ServerProcess next = server;
    try {
      server.serve();
      try (QemuGuest guest =
          QemuGuest.builder(qemu, parts)
              .processors(QUEUES)
              .device(
                  QemuDevice.disk(socket)
                      .queues(QUEUES)
                      .packed(format == RingFormat.PACKED)
                      .reconnectAfter(Duration.ofSeconds(1)))
              .console(writers)
              .boot()) {
        writers.start(guest);
        writers.awaitProgress(1);
        for (int kill = 0; kill < Kills.count(); kill++) {
          next = prepare();
          pause(random, 500);
          server.kill();
          server = next;
          server.serve();
          writers.awaitProgress(1);
        }
        writers.finish(guest, image);
        guest.powerOff(DiskSteps.SOON);
      }
    } finally {
      server.close();
      next.close();
    }
    System.out.printf(
        "KilledServerIT %s: %d requests, %d servers killed%n",
        format, writers.requests(), Kills.count());
    assertThat(writers.requests()).isGreaterThan(100);
  }

  private ServerProcess prepare() throws Exception {
    return ServerProcess.prepare(socket, image, QUEUES, LockMode.ON);
  }

  private static void pause(Random random, int belowMillis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(belowMillis)));
  }
}
