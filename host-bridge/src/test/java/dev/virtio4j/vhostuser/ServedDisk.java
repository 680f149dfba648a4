package dev.virtio4j.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.BlockDevice;
import dev.virtio4j.blk.SyncMode;
import dev.virtio4j.blk.VirtioBlk;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.loop.Await;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.vhostuser.client.FrontEndQueue;
import dev.virtio4j.vhostuser.client.FrontEndSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** A disk that is served on a socket, and a front-end that uses it as it should. */
final class ServedDisk implements AutoCloseable {
  static final int QUEUES = 2;
  static final int QUEUE_SIZE = 64;
  static final int SECTORS = 128;

  final Path socket;
  private final DeviceLoops loops = DeviceLoops.start(2);
  private final BlockDevice device;
  private final VhostUserServer server;

  ServedDisk(Path folder) throws IOException {
    socket = folder.resolve("s");
    Path image = folder.resolve("disk.img");
    Files.write(image, new byte[SECTORS * 512]);
    device =
        BlockDevice.builder(image).queues(QUEUES).queueSize(QUEUE_SIZE).sync(SyncMode.NONE).build();
    server =
        VhostUserServer.builder(loops)
            .export(ExportConfig.builder(device).socket(socket).name("disk").inband(true).build())
            .start();
  }

  void awaitFree() {
    Await.until("nobody is connected", () -> !server.exports().get(0).connected());
  }

  /** A front-end writes to each queue, and reads the same from the other. */
  void servesWell(boolean packed, SplittableRandom random) {
    FrontEndSession session =
        FrontEndSession.connect(socket, Served.PATIENCE, Served.features(packed), Served.ALL);
    try (DriverMemory memory = DriverMemory.shared(Served.GUEST_ADDRESS, 1 << 17)) {
      try (session) {
        session.shareMemory(memory);
        for (int i = 0; i < QUEUES; i++) {
          session.addQueue(QUEUE_SIZE);
        }
        session.start();
        for (int i = 0; i < QUEUES; i++) {
          byte[] data = new byte[512 * (1 + random.nextInt(8))];
          random.nextBytes(data);
          int sector = random.nextInt(SECTORS - data.length / 512);
          long area = memory.allocate(64 + data.length, 64);
          ByteBuffer bytes = memory.view(area, 64 + data.length);
          bytes.put(64, data);
          call(session.queues().get(i), area, VirtioBlk.T_OUT, sector, data.length);
          bytes.put(64, new byte[data.length]);
          call(session.queues().get(QUEUES - 1 - i), area, VirtioBlk.T_IN, sector, data.length);
          byte[] got = new byte[data.length];
          bytes.get(64, got);
          assertThat(got).isEqualTo(data);
        }
      }
    }
    awaitFree();
  }

  private static void call(FrontEndQueue queue, long area, int type, long sector, int length) {
    ByteBuffer bytes = queue.ring().memory().view(area, 64);
    bytes.putInt(0, type).putInt(4, 0).putLong(8, sector).put(16, (byte) 0xee);
    DriverRequest request =
        queue
            .ring()
            .prepare(
                Segment.readable(area, 16),
                new Segment(area + 64, length, type == VirtioBlk.T_IN),
                Segment.writable(area + 16, 1));
    assertThat(queue.ring().submit(request)).isTrue();
    boolean unused = queue.ring().publish();
    queue.kick();
    Await.until("a request is used", queue.ring()::ready);
    assertThat(queue.ring().poll()).isSameAs(request);
    assertThat(bytes.get(16)).isZero();
    queue.ring().discard(request);
  }

  @Override
  public void close() {
    server.close();
    device.close();
    loops.close();
  }
}
