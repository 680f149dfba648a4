package dev.virtio4j.guest.it;

import dev.virtio4j.blk.BlockDevice;
import dev.virtio4j.device.Metric;
import dev.virtio4j.loop.Await;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.vhostuser.ExportConfig;
import dev.virtio4j.vhostuser.VhostUserExport;
import dev.virtio4j.vhostuser.VhostUserServer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Disks that a server in this process serves: the n-th on the socket {@code n.sock}. */
final class ServedDisks implements AutoCloseable {
  /** Virtio 1.4, 5.2.4: where {@code writeback} is in the configuration space. */
  private static final int WRITEBACK = 32;

  private final Path folder;
  private final DeviceLoops loops;
  private final List<BlockDevice> disks;
  private final VhostUserServer server;

  ServedDisks(Path folder, long hiddenFeatures, BlockDevice... disks) {
    this.folder = folder;
    this.disks = List.of(disks);
    loops = DeviceLoops.start(2);
    VhostUserServer.Builder builder = VhostUserServer.builder(loops);
    for (int i = 0; i < disks.length; i++) {
      builder.export(
          ExportConfig.builder(new Offering(disks[i], hiddenFeatures))
              .socket(socket(i))
              .name("disk" + i)
              .build());
    }
    server = builder.start();
  }

  Path socket(int index) {
    return folder.resolve(index + ".sock");
  }

  BlockDevice disk(int index) {
    return disks.get(index);
  }

  VhostUserExport export(int index) {
    return server.exports().get(index);
  }

  /** Whether a disk's configuration says that writes may wait in a cache. */
  boolean writeback(int index) {
    ByteBuffer bytes = ByteBuffer.allocate(1).order(ByteOrder.LITTLE_ENDIAN);
    disk(index).readConfig(WRITEBACK, bytes);
    return bytes.get(0) != 0;
  }

  /** The sum of a figure over all that has a label of that value; null for all. */
  double figure(int index, String name, String label, String value) throws Exception {
    double sum = 0;
    for (Metric metric : export(index).metrics().toCompletableFuture().get(10, TimeUnit.SECONDS)) {
      if (metric.name().equals(name)
          && (label == null || value.equals(metric.labels().get(label)))) {
        sum += metric.value();
      }
    }
    return sum;
  }

  /** The figures of failed requests that are not 0. */
  List<Metric> errors(int index) throws Exception {
    List<Metric> found = new ArrayList<>();
    for (Metric metric : export(index).metrics().toCompletableFuture().get(10, TimeUnit.SECONDS)) {
      if (metric.name().equals("virtio_blk_errors_total") && metric.value() != 0) {
        found.add(metric);
      }
    }
    return found;
  }

  void awaitHungUp(int index) {
    Await.until("the server has let the guest go", () -> !export(index).connected());
  }

  @Override
  public void close() {
    server.close();
    disks.forEach(BlockDevice::close);
    loops.close();
  }
}
