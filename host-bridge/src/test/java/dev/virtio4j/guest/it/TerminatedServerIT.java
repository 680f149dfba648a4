package dev.virtio4j.guest.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.cli.serve.ServeProcess;
import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.testing.Requires;
import dev.virtio4j.vhostuser.client.FrontEndQueue;
import dev.virtio4j.vhostuser.client.FrontEndSession;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code virtio serve} is ended in the middle of I/O, in order. */
class TerminatedServerIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int BLOCKS = 1024;
  private static final int DEPTH = 32;
  private static final int RING_SIZE = 512;
  private static final int BEFORE = 2_000;
  private static final long GUEST_ADDRESS = 1L << 30;
  private static final long MEMORY = 8 << 20;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void whatWasAcknowledgedIsInTheImageAndTheStatusIsZero(RingFormat format) throws Exception {
    Requires.that(
        System.getProperty("os.name").equals("Linux"), "Only Linux has what vhost-user needs.");
    Random random = Kills.random("TerminatedServerIT " + format);
    Path socket = folder.resolve("s");
    Path image = Images.sparse(folder.resolve("disk.img"), (long) BLOCKS * BlockVersions.BLOCK);
    BlockVersions versions = new BlockVersions(BLOCKS);
    long features = VirtioFeatures.RINGS & ~VirtioFeatures.IN_ORDER & ~format.hidden();
    try (ServeProcess server =
            ServeProcess.start(
                folder,
                "serve",
                "blk,socket=" + socket + ",image=" + image + ",queue-size=" + RING_SIZE);
        DriverMemory memory = DriverMemory.shared(GUEST_ADDRESS, MEMORY)) {
      assertThat(server.line()).as(server.errors()).startsWith("listening");
      try (FrontEndSession session =
          FrontEndSession.connect(
              socket,
              PATIENCE,
              features,
              ProtocolFeatures.CONFIGURE_MEM_SLOTS | ProtocolFeatures.REPLY_ACK)) {
        session.shareMemory(memory);
        FrontEndQueue queue = session.addQueue(RING_SIZE);
        session.start();
        VersionedLoad load = new VersionedLoad(queue, memory, versions, random, DEPTH);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (load.completed() < BEFORE) {
          turn(load, deadline);
        }
        server.terminate();
        while (!session.client().hungUp()) {
          turn(load, deadline);
        }
        assertThat(server.exitStatus()).as(server.errors()).isZero();
        assertThat(server.errors()).isEmpty();
        load.collect();
        assertThat(load.inFlight()).as("requests when it ended").isPositive();
        versions.checkImage(image);
      }
    }
    assertThat(socket).doesNotExist();
  }

  private static void turn(VersionedLoad load, long deadline) {
    load.submit();
    load.collect();
    assertThat(System.nanoTime()).as("time is left").isLessThan(deadline);
  }
}
