package dev.virtio4j.cli.control;

import dev.virtio4j.cli.command.TextTable;
import dev.virtio4j.cli.command.Units;
import dev.virtio4j.device.Metric;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Figures as a table. Goes by how metrics are labelled: those of an operation of a queue make rows
 * with percentiles, those of a queue make columns, the others make lines; so figures of device
 * types that it does not know are shown too.
 */
final class StatsTable {
  private static final Pattern FAMILY = Pattern.compile("^virtio_([a-z0-9]+_)?");
  private static final List<String> QUANTILES = List.of("0.5", "0.99", "0.999", "1");

  /** Ends of names whose figures are not worth a cell: percentiles say the same. */
  private static final List<String> UNSEEN =
      List.of("_latency_seconds_sum", "_latency_seconds_count");

  private StatsTable() {}

  static String render(Collection<DeviceStats> devices) {
    StringBuilder text = new StringBuilder();
    for (DeviceStats device : devices) {
      if (!text.isEmpty()) {
        text.append('\n');
      }
      text.append(device.name())
          .append("  ")
          .append(device.type())
          .append(' ')
          .append(device.address())
          .append('\n');
      render(device.metrics(), text);
    }
    return text.isEmpty() ? "no devices\n" : text.toString();
  }

  private static void render(List<Metric> metrics, StringBuilder text) {
    Map<String, Operation> operations = new TreeMap<>();
    Map<String, Map<String, Double>> queues = new TreeMap<>();
    Set<String> columns = new LinkedHashSet<>();
    List<Metric> rest = new ArrayList<>();
    for (Metric metric : metrics) {
      String queue = metric.labels().get("queue");
      String op = metric.labels().get("op");
      if (UNSEEN.stream().anyMatch(metric.name()::endsWith)) {
        continue;
      }
      if (queue == null) {
        rest.add(metric);
      } else if (op != null) {
        operations
            .computeIfAbsent(sortable(queue) + op, key -> new Operation(queue, op))
            .add(metric);
      } else {
        String column = shortName(metric);
        columns.add(column);
        queues
            .computeIfAbsent(sortable(queue), key -> new LinkedHashMap<>())
            .put(column, metric.value());
      }
    }
    if (!operations.isEmpty()) {
      text.append(operations(operations.values()).render("  "));
    }
    if (!queues.isEmpty()) {
      text.append(queues(queues, columns).render("  "));
    }
    for (Metric metric : rest) {
      text.append("  ").append(shortName(metric));
      new TreeMap<>(metric.labels())
          .forEach((key, value) -> text.append(' ').append(key).append('=').append(value));
      text.append(' ').append(Units.count(metric.value())).append('\n');
    }
  }

  /** Numbers of queues sort as numbers. */
  private static String sortable(String queue) {
    return "0".repeat(Math.max(0, 6 - queue.length())) + queue + " ";
  }

  private static String shortName(Metric metric) {
    String name = FAMILY.matcher(metric.name()).replaceFirst("");
    return name.endsWith("_total") ? name.substring(0, name.length() - 6) : name;
  }

  private static TextTable operations(Collection<Operation> operations) {
    TextTable table = new TextTable("llrrlrrrr");
    table.row("queue", "op", "requests", "bytes", "errors", "p50", "p99", "p99.9", "max");
    String last = "";
    for (Operation one : operations) {
      Object[] row = new Object[9];
      row[0] = one.queue.equals(last) ? "" : one.queue;
      row[1] = one.op;
      row[2] = Units.count(one.requests);
      row[3] = Units.size(one.bytes);
      row[4] = one.errors.isEmpty() ? "0" : one.errors.toString();
      for (int i = 0; i < QUANTILES.size(); i++) {
        row[5 + i] = Units.time(one.latencies.getOrDefault(QUANTILES.get(i), Double.NaN));
      }
      table.row(row);
      last = one.queue;
    }
    return table;
  }

  private static TextTable queues(Map<String, Map<String, Double>> queues, Set<String> columns) {
    TextTable table = new TextTable("l" + "r".repeat(columns.size()));
    List<Object> head = new ArrayList<>(List.of("queue"));
    head.addAll(columns);
    table.row(head.toArray());
    queues.forEach(
        (queue, values) -> {
          List<Object> row = new ArrayList<>();
          row.add(queue.strip().replaceFirst("^0+(?=.)", ""));
          for (String column : columns) {
            row.add(values.containsKey(column) ? Units.count(values.get(column)) : "-");
          }
          table.row(row.toArray());
        });
    return table;
  }

  /** One kind of request of one queue. */
  private static final class Operation {
    private final String queue;
    private final String op;
    private final StringBuilder errors = new StringBuilder();
    private final Map<String, Double> latencies = new LinkedHashMap<>();
    private double requests;
    private double bytes;

    Operation(String queue, String op) {
      this.queue = queue;
      this.op = op;
    }

    void add(Metric metric) {
      String name = metric.name();
      if (name.endsWith("_requests_total")) {
        requests = metric.value();
      } else if (name.endsWith("_bytes_total")) {
        bytes = metric.value();
      } else if (name.endsWith("_errors_total")) {
        if (!errors.isEmpty()) {
          errors.append(' ');
        }
        errors
            .append(metric.labels().getOrDefault("kind", "any"))
            .append(':')
            .append(Units.count(metric.value()));
      } else if (metric.labels().containsKey("quantile")) {
        latencies.put(metric.labels().get("quantile"), metric.value());
      }
    }
  }
}
