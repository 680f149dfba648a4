package dev.virtio4j.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.cli.command.TextTable;
import dev.virtio4j.cli.command.Units;
import java.util.Locale;

/**
 * What a block load found.
 *
 * @param options what was asked for
 * @param ringSize entries of each ring
 * @param features the features that were negotiated
 * @param offered the features that the back-end offers
 * @param protocolFeatures the protocol features that were negotiated
 * @param capacity bytes of the disk
 * @param seconds how long was measured
 * @param requests requests that completed in that time, flushes included
 * @param bytes bytes that they read and wrote
 * @param allRequests requests of the whole load, also while it warmed up and compared
 * @param latency how long they took
 * @param kicks how often the back-end was notified
 * @param interrupts how often the back-end notified
 * @param errors requests that ended with a status other than OK
 * @param compared blocks that were compared with the pattern
 * @param bad blocks of them that were wrong
 */
public record BlkLoadResult(
    BlkLoadOptions options,
    int ringSize,
    long features,
    long offered,
    long protocolFeatures,
    long capacity,
    double seconds,
    long requests,
    long bytes,
    long allRequests,
    LatencySummary latency,
    long kicks,
    long interrupts,
    long errors,
    long compared,
    long bad) {

  /**
   * The rate of requests.
   *
   * @return requests a second
   */
  public double iops() {
    return seconds > 0 ? requests / seconds : 0;
  }

  /**
   * The rate of bytes.
   *
   * @return MiB a second
   */
  public double mebibytes() {
    return seconds > 0 ? bytes / seconds / (1 << 20) : 0;
  }

  /**
   * The result for programs.
   *
   * @return one object; times are in microseconds
   */
  public ObjectNode toJson() {
    RingOptions rings = options.rings();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("rw", options.workload().label()).put("bs", options.blockSize());
    json.put("qd", options.depth()).put("queues", rings.queues()).put("ring", ringSize);
    json.put("irq", options.irq()).put("packed", BlkFeatures.packed(features));
    json.put("event_idx", BlkFeatures.eventIdx(features));
    json.put("indirect", BlkFeatures.indirect(features));
    json.put("inflight", options.inflight()).put("dirty_log", options.dirtyLog());
    json.put("seed", options.seed()).put("capacity", capacity);
    json.put("secs", round(seconds, 3)).put("requests", requests);
    json.put("all_requests", allRequests);
    json.put("iops", Math.round(iops())).put("mib_s", round(mebibytes(), 1));
    json.put("p50_us", round(latency.p50(), 3)).put("p90_us", round(latency.p90(), 3));
    json.put("p99_us", round(latency.p99(), 3)).put("p999_us", round(latency.p999(), 3));
    json.put("max_us", round(latency.max(), 3));
    json.put("kicks", kicks).put("interrupts", interrupts);
    json.put("errors", errors).put("compared", compared).put("bad", bad);
    json.put("features", "0x%x".formatted(features));
    json.put("offered", "0x%x".formatted(offered));
    json.put("protocol", "0x%x".formatted(protocolFeatures));
    return json;
  }

  private static double round(double value, int digits) {
    double unit = Math.pow(10, digits);
    return Math.rint(value * unit) / unit;
  }

  /**
   * The result for people.
   *
   * @return lines, each ended by a newline
   */
  public String toTable() {
    TextTable table = new TextTable("lr");
    table.row("requests", Units.count((double) requests));
    table.row("IOPS", Units.count(iops()));
    table.row("MiB/s", String.format(Locale.ROOT, "%,.1f", mebibytes()));
    table.row("latency p50", micros(latency.p50()));
    table.row("p90", micros(latency.p90()));
    table.row("p99", micros(latency.p99()));
    table.row("p99.9", micros(latency.p999()));
    table.row("max", micros(latency.max()));
    table.row("kicks", perRequest(kicks));
    table.row("interrupts", perRequest(interrupts));
    table.row("errors", Units.count((double) errors));
    if (options.compares()) {
      table.row("blocks compared", Units.count((double) compared));
      table.row("blocks wrong", Units.count((double) bad));
    }
    return title() + table.render("  ");
  }

  private String title() {
    RingOptions rings = options.rings();
    return "%s, %s blocks, depth %d, %d %s ring%s of %d%s%s, %s; disk of %s\n"
        .formatted(
            options.workload(),
            Units.size(options.blockSize()),
            options.depth(),
            rings.queues(),
            BlkFeatures.packed(features) ? "packed" : "split",
            rings.queues() == 1 ? "" : "s",
            ringSize,
            BlkFeatures.eventIdx(features) ? ", EVENT_IDX" : "",
            BlkFeatures.indirect(features) ? ", indirect" : "",
            options.irq() ? "interrupts" : "polling",
            Units.size((double) capacity));
  }

  private String perRequest(long count) {
    return requests == 0
        ? Units.count((double) count)
        : String.format(Locale.ROOT, "%,d (%.3f a request)", count, (double) count / requests);
  }

  private static String micros(double value) {
    return String.format(Locale.ROOT, "%,.1f us", value);
  }
}
