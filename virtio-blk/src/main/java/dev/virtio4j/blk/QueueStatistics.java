package dev.virtio4j.blk;

import dev.virtio4j.device.Metric;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What one queue has counted since the device was made. Written on the queue's loop; one loop at a
 * time serves the queue.
 */
final class QueueStatistics {
  private static final long LEAST_NANOS = 256;
  private static final long MOST_NANOS = 100_000_000_000L;
  private static final double[] QUANTILES = {0.5, 0.9, 0.99, 0.999, 1};

  private final int queue;
  private final Map<BlockOp, Counts> counts = new EnumMap<>(BlockOp.class);
  private long throttled;

  QueueStatistics(int queue) {
    this.queue = queue;
    for (BlockOp op : BlockOp.values()) {
      counts.put(op, new Counts());
    }
  }

  /** Of one kind of request. */
  private static final class Counts {
    private long requests;
    private long bytes;
    private long nanos;
    private final Map<BlockError, long[]> errors = new EnumMap<>(BlockError.class);

    /** 20 KiB: only what is used has one, so that idle disks stay small. */
    private Histogram latency;
  }

  void done(BlockOp op, long size, long elapsed) {
    Counts of = counts.get(op);
    of.requests++;
    of.bytes += size;
    of.nanos += elapsed;
    if (of.latency == null) {
      of.latency = new Histogram(LEAST_NANOS, MOST_NANOS, 2);
    }
    of.latency.recordValue(Math.max(0, Math.min(elapsed, MOST_NANOS)));
  }

  void failed(BlockOp op, BlockError kind) {
    Counts of = counts.get(op);
    of.requests++;
    long[] failed = of.errors.get(kind);
    if (failed == null) {
      failed = new long[1];
      of.errors.put(kind, failed);
    }
    failed[0]++;
  }

  void throttled() {
    throttled++;
  }

  void collect(List<Metric> into) {
    counts.forEach((op, of) -> collect(into, op, of));
    if (throttled > 0) {
      into.add(
          new Metric(
              "virtio_blk_throttled_total",
              Map.of("queue", Integer.toString(queue)),
              Metric.Kind.COUNTER,
              "Requests that waited for a rate limit.",
              (double) throttled));
    }
  }

  private void collect(List<Metric> into, BlockOp op, Counts of) {
    if (of.requests == 0) {
      return;
    }
    counter(into, "virtio_blk_requests_total", "Requests completed.", op, (double) of.requests);
    if (of.bytes > 0) {
      counter(
          into,
          "virtio_blk_bytes_total",
          "Bytes read, written, discarded or zeroed.",
          op,
          (double) of.bytes);
    }
    of.errors.forEach(
        (kind, failed) ->
            into.add(
                new Metric(
                    "virtio_blk_errors_total",
                    Map.of("queue", Integer.toString(queue), "op", op.label, "kind", kind.label),
                    Metric.Kind.COUNTER,
                    "Requests that failed.",
                    (double) failed[0])));
    if (of.latency != null) {
      latencies(into, op, of);
    }
  }

  private void counter(List<Metric> into, String name, String help, BlockOp op, double value) {
    Map<String, String> labels = Map.of("queue", Integer.toString(queue), "op", op.label);
    into.add(new Metric(name, labels, Metric.Kind.COUNTER, help, value));
  }

  private void latencies(List<Metric> into, BlockOp op, Counts of) {
    for (double quantile : QUANTILES) {
      into.add(
          new Metric(
              "virtio_blk_latency_seconds",
              Map.of(
                  "queue",
                  Integer.toString(queue),
                  "op",
                  op.label,
                  "quantile",
                  quantile == 1 ? "1" : Double.toString(quantile)),
              Metric.Kind.GAUGE,
              "Time from taking a request to completing it.",
              of.latency.getValueAtPercentile(100 * quantile) / 1e9));
    }
    counter(
        into,
        "virtio_blk_latency_seconds_sum",
        "Time from taking requests to completing them, summed up.",
        op,
        of.nanos / 1e9);
    counter(
        into,
        "virtio_blk_latency_seconds_count",
        "Requests whose time was taken.",
        op,
        (double) of.latency.getTotalCount());
  }
}
