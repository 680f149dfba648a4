package dev.virtio4j.cli.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.device.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The figures of one device at one moment.
 *
 * @param name the device's name
 * @param type such as {@code blk}
 * @param address where it listens
 * @param metrics what was counted
 */
public record DeviceStats(String name, String type, String address, List<Metric> metrics) {
  /**
   * Copies the list.
   *
   * @param name see above
   * @param type see above
   * @param address see above
   * @param metrics see above
   */
  public DeviceStats {
    metrics = List.copyOf(metrics);
  }

  /** Writes it into an empty object. */
  void write(ObjectNode into) {
    into.put("name", name).put("type", type).put("address", address);
    for (Metric metric : metrics) {
      ObjectNode one = into.withArray("metrics").addObject();
      one.put("name", metric.name());
      ObjectNode labels = one.putObject("labels");
      new TreeMap<>(metric.labels()).forEach(labels::put);
      one.put("kind", metric.kind() == Metric.Kind.COUNTER ? "counter" : "gauge");
      one.put("help", metric.help());
      if (metric.value() == Math.rint(metric.value()) && Math.abs(metric.value()) < 1L << 53) {
        one.put("value", (long) metric.value());
      } else {
        one.put("value", metric.value());
      }
    }
  }

  /** Reads what {@link #write} wrote. */
  static DeviceStats read(JsonNode from) {
    List<Metric> metrics = new ArrayList<>();
    for (JsonNode one : from.path("metrics")) {
      Map<String, String> labels = new LinkedHashMap<>();
      one.path("labels").properties().forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
      metrics.add(
          new Metric(
              one.path("name").asText(),
              labels,
              one.path("kind").asText().equals("counter") ? Metric.Kind.COUNTER : Metric.Kind.GAUGE,
              one.path("help").asText(),
              one.path("value").asDouble()));
    }
    return new DeviceStats(
        from.path("name").asText(),
        from.path("type").asText(),
        from.path("address").asText(),
        metrics);
  }
}
