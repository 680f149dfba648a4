package dev.virtio4j.cli.demo;

import dev.virtio4j.cli.command.TextTable;
import dev.virtio4j.cli.command.Units;
import dev.virtio4j.device.Metric;
import dev.virtio4j.guest.GuestException;
import dev.virtio4j.guest.LoadReport;
import dev.virtio4j.guest.ScriptResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the demo shows at its end. */
final class DemoReport {
  private static final int WIDTH = 88;
  private static final int LABEL = 10;

  private static final Map<String, String> LOADS = new LinkedHashMap<>();

  static {
    LOADS.put("seqread", "128 KiB sequential reads, 8 at a time");
    LOADS.put("seqwrite", "128 KiB sequential writes, 8 at a time");
    LOADS.put("randread32", "4 KiB random reads, 32 at a time");
    LOADS.put("randwrite32", "4 KiB random writes, 32 at a time");
    LOADS.put("randread1", "4 KiB random reads, 1 at a time");
    LOADS.put("randwrite1", "4 KiB random writes, 1 at a time");
  }

  private DemoReport() {}

  static String render(ScriptResult guest, List<Metric> server, int files) throws GuestException {
    StringBuilder text = new StringBuilder();
    int processors = Integer.parseInt(guest.value("processors"));
    entry(
        text,
        "guest",
        guest.value("kernel")
            + " (User-mode Linux), "
            + processors
            + (processors == 1 ? " processor" : " processors"));
    entry(
        text,
        "device",
        "/dev/vda, "
            + Units.size(Double.parseDouble(guest.value("bytes")))
            + ", "
            + guest.value("queues")
            + " queue, "
            + guest.value("cache")
            + " cache, serial "
            + guest.values().getOrDefault("serial", "-"));
    entry(text, "features", String.join(" ", FeatureNames.of(guest.value("features"))));
    entry(
        text,
        "written",
        Units.size(Double.parseDouble(guest.value("written")))
            + " in "
            + files
            + " files on "
            + guest.value("filesystem")
            + ", then synced and unmounted");
    entry(
        text,
        "verified",
        Units.size(Double.parseDouble(guest.value("verified")))
            + " after mounting again, every SHA-256 right"
            + (guest.value("trimmed").equals("yes") ? "; again after a trim" : "")
            + (guest.value("fsck").equals("clean") ? "; fsck finds nothing" : ""));
    if (!"no".equals(guest.values().get("measured"))) {
      text.append("\nas the guest saw it, O_DIRECT\n");
      text.append(loads(guest).render("  "));
    }
    text.append("\nas the server saw it, in all\n");
    text.append(server(server).render("  "));
    return text.toString();
  }

  private static void entry(StringBuilder text, String label, String value) {
    StringBuilder line = new StringBuilder(label + " ".repeat(LABEL - label.length()));
    for (String word : value.split(" ")) {
      if (line.length() + 1 + word.length() > WIDTH) {
        text.append(line.toString().stripTrailing()).append('\n');
        line = new StringBuilder(" ".repeat(LABEL));
      }
      line.append(word).append(' ');
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }

  private static TextTable loads(ScriptResult guest) throws GuestException {
    TextTable table = new TextTable("lrrrrr");
    table.row("", "MB/s", "IOPS", "p50", "p99", "p99.9");
    for (Map.Entry<String, String> load : LOADS.entrySet()) {
      LoadReport report = LoadReport.of(guest, load.getKey());
      table.row(
          load.getValue(),
          Units.count(report.megabytesPerSecond()),
          Units.count(report.iops()),
          Units.time(report.p50() / 1e6),
          Units.time(report.p99() / 1e6),
          Units.time(report.p999() / 1e6));
    }
    return table;
  }

  private static TextTable server(List<Metric> metrics) {
    Map<String, Map<String, Double>> operations = new LinkedHashMap<>();
    for (Metric metric : metrics) {
      String op = metric.labels().get("op");
      if (op != null) {
        String key =
            metric.labels().containsKey("quantile")
                ? metric.labels().get("quantile")
                : metric.name();
        operations
            .computeIfAbsent(op, name -> new LinkedHashMap<>())
            .merge(key, metric.value(), Double::sum);
      }
    }
    TextTable table = new TextTable("lrrrrrr");
    table.row("", "requests", "bytes", "errors", "p50", "p99", "p99.9");
    operations.forEach(
        (op, values) ->
            table.row(
                op,
                Units.count(values.getOrDefault("virtio_blk_requests_total", 0.0)),
                Units.size(values.getOrDefault("virtio_blk_bytes_total", 0.0)),
                Units.count(values.getOrDefault("virtio_blk_errors_total", 0.0)),
                Units.time(values.getOrDefault("0.5", Double.NaN)),
                Units.time(values.getOrDefault("0.99", Double.NaN)),
                Units.time(values.getOrDefault("0.999", Double.NaN))));
    return table;
  }
}
