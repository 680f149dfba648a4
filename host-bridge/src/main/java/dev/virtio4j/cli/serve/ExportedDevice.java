package dev.virtio4j.cli.serve;

import dev.virtio4j.blk.BlockDevice;
import dev.virtio4j.cli.control.ServedDevice;
import dev.virtio4j.cli.spec.DeviceRequest;
import dev.virtio4j.device.Metric;
import dev.virtio4j.vhostuser.VhostUserExport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** An export of the server, as its users see it. */
final class ExportedDevice implements ServedDevice {
  private static final int SECTOR = 512;

  private final DeviceRequest request;
  private final VhostUserExport export;

  ExportedDevice(DeviceRequest request, VhostUserExport export) {
    this.request = request;
    this.export = export;
  }

  @Override
  public String name() {
    return request.name();
  }

  @Override
  public String type() {
    return request.provider().name();
  }

  @Override
  public String address() {
    return request.socket() != null ? "socket=" + request.socket() : "fd=" + request.descriptor();
  }

  /** What is printed when it listens. */
  String announcement() {
    StringBuilder line =
        new StringBuilder("listening ")
            .append(type())
            .append(' ')
            .append(name())
            .append(' ')
            .append(address())
            .append(" queues=")
            .append(export.device().queues());
    if (export.device() instanceof BlockDevice disk) {
      line.append(" size=").append(disk.capacity() * SECTOR);
    }
    return line.toString();
  }

  @Override
  public CompletionStage<List<Metric>> metrics() {
    return export
        .metrics()
        .thenApply(metrics -> metrics.stream().map(ExportedDevice::withoutExport).toList());
  }

  /** The device's name is said once, where it is shown. */
  private static Metric withoutExport(Metric metric) {
    Map<String, String> labels = new HashMap<>(metric.labels());
    labels.remove("export");
    return new Metric(metric.name(), labels, metric.kind(), metric.help(), metric.value());
  }

  @Override
  public long resize(long bytes) throws IOException {
    if (!(export.device() instanceof BlockDevice disk)) {
      throw new UnsupportedOperationException("'" + name() + "' is no disk, so it has no size");
    }
    try {
      disk.resize(bytes);
    } catch (UncheckedIOException refused) {
      throw refused.getCause();
    }
    return disk.capacity() * SECTOR;
  }
}
