package dev.virtio4j.cli.control;

import dev.virtio4j.device.Metric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Prometheus' text exposition format, version 0.0.4. */
public final class PrometheusText {
  /** What HTTP calls it. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private PrometheusText() {}

  /**
   * Renders figures; each gets a label for its device.
   *
   * @param devices the figures
   * @return lines, those of one metric together, each ended by a newline
   */
  public static String render(List<DeviceStats> devices) {
    Map<String, StringBuilder> families = new LinkedHashMap<>();
    for (DeviceStats device : devices) {
      for (Metric metric : device.metrics()) {
        StringBuilder family =
            families.computeIfAbsent(
                metric.name(),
                name ->
                    new StringBuilder()
                        .append("# HELP ")
                        .append(name)
                        .append(' ')
                        .append(escape(metric.help(), false))
                        .append("\n# TYPE ")
                        .append(name)
                        .append(metric.kind() == Metric.Kind.COUNTER ? " counter\n" : " gauge\n"));
        family.append(metric.name()).append("{device=\"").append(escape(device.name(), true));
        family.append('"');
        new TreeMap<>(metric.labels())
            .forEach(
                (label, value) ->
                    family
                        .append(',')
                        .append(label)
                        .append("=\"")
                        .append(escape(value, true))
                        .append('"'));
        family.append("} ").append(number(metric.value())).append('\n');
      }
    }
    return String.join("", families.values());
  }

  private static String escape(String text, boolean quoted) {
    String escaped = text.replace("\\", "\\\\").replace("\n", "\\n");
    return quoted ? escaped.replace("\"", "\\\"") : escaped;
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1L << 53
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
