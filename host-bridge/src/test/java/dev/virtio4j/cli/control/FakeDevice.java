package dev.virtio4j.cli.control;

import dev.virtio4j.device.Metric;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A served device with figures of its own making. */
public final class FakeDevice implements ServedDevice {
  private final String name;
  private final List<Metric> metrics;
  private long size;

  /**
   * Makes one.
   *
   * @param name its name
   * @param metrics its figures
   */
  public FakeDevice(String name, Metric... metrics) {
    this.name = name;
    this.metrics = List.of(metrics);
  }

  /**
   * A figure.
   *
   * @param name its name
   * @param value its value
   * @param labels keys and values in turn
   * @return it, as a counter if its name ends so
   */
  public static Metric metric(String name, double value, String... labels) {
    Map<String, String> map = new java.util.HashMap<>();
    for (int i = 0; i < labels.length; i += 2) {
      map.put(labels[i], labels[i + 1]);
    }
    return new Metric(
        name,
        map,
        name.endsWith("_total") ? Metric.Kind.COUNTER : Metric.Kind.GAUGE,
        "Help of " + name + ".",
        value);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String type() {
    return "blk";
  }

  @Override
  public String address() {
    return "socket=/run/" + name + ".sock";
  }

  @Override
  public CompletionStage<List<Metric>> metrics() {
    return CompletableFuture.completedStage(metrics);
  }

  @Override
  public long resize(long bytes) {
    if (bytes < size) {
      throw new IllegalArgumentException("a disk cannot shrink");
    }
    size = bytes;
    return size;
  }
}
