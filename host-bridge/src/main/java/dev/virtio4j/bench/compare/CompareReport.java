package dev.virtio4j.bench.compare;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.bench.compare.Row.Outcome;
import dev.virtio4j.bench.compare.Sample.Metric;
import dev.virtio4j.cli.command.TextTable;
import dev.virtio4j.cli.command.Units;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What a comparison found. */
public final class CompareReport {
  /** Threads that use less than this share of a request's CPU time are not listed. */
  private static final double LISTED = 0.02;

  private final MachineFacts machine;
  private final CompareOptions options;
  private final String limit;
  private final List<Outcome> outcomes;
  private final Map<String, List<Sample>> samples;

  CompareReport(
      MachineFacts machine,
      CompareOptions options,
      String limit,
      List<Outcome> outcomes,
      Map<String, List<Sample>> samples) {
    this.machine = machine;
    this.options = options;
    this.limit = limit;
    this.outcomes = List.copyOf(outcomes);
    this.samples = samples;
  }

  /**
   * Tells whether every ratio is what it should be.
   *
   * @return true if so
   */
  public boolean goalsMet() {
    return outcomes.stream().allMatch(Outcome::met);
  }

  /**
   * The report for people.
   *
   * @return lines, each ended by a newline
   */
  public String toTable() {
    TextTable table = new TextTable("llrrrrll");
    table.row("", "", "ours", "other", "ratio", "goal", "", "rounds");
    for (Outcome outcome : outcomes) {
      Metric metric = outcome.row().metric();
      table.row(
          outcome.row().label(),
          metric.unit(),
          number(outcome.value()),
          number(outcome.against()),
          String.format(Locale.ROOT, "%.2f", outcome.ratio()),
          outcome.row().goalText(),
          Double.isNaN(outcome.row().goal()) ? "" : outcome.met() ? "met" : "MISSED",
          String.format(Locale.ROOT, "%.2f to %.2f", outcome.least(), outcome.most()));
    }
    return heading() + table.render("  ") + threads();
  }

  private String heading() {
    return """
        %s against qemu-storage-daemon (vhost-user-blk, aio=io_uring, one iothread, one queue)
        %s
        images of %s in %s%s; %d rounds of %s s, one more dropped; medians; client: %s%s

        """
        .formatted(
            options.virtio() == null ? "qemu-storage-daemon" : "virtio4j",
            machine.text(),
            Units.size((double) options.imageBytes()),
            options.folder(),
            options.diskFolder() == null ? "" : ", uncached in " + options.diskFolder(),
            options.rounds(),
            number(options.seconds()),
            options.client() == null ? "built in" : options.client(),
            limit == null ? "" : "; limit: " + limit);
  }

  private String threads() {
    TextTable table = new TextTable("llr");
    table.row("CPU of our server by thread", "", "us/request");
    samples.forEach(
        (trial, list) ->
            threadsOf(list)
                .forEach(
                    (thread, micros) -> {
                      if (trial.endsWith(", ours")) {
                        table.row(trial.replace(", ours", ""), thread, number(micros));
                      }
                    }));
    return "\n" + table.render("  ");
  }

  /** Medians by thread, of those that use something. */
  private static Map<String, Double> threadsOf(List<Sample> list) {
    double all = Medians.of(list.stream().map(Sample::cpu).toList());
    Map<String, Double> threads = new TreeMap<>();
    list.stream()
        .flatMap(sample -> sample.threads().keySet().stream())
        .distinct()
        .forEach(
            name -> {
              double median =
                  Medians.of(
                      list.stream()
                          .map(sample -> sample.threads().getOrDefault(name, 0.0))
                          .toList());
              if (median > LISTED * all) {
                threads.put(name, median);
              }
            });
    return threads;
  }

  private static String number(double value) {
    return String.format(
        Locale.ROOT, value >= 1000 ? "%,.0f" : value >= 100 ? "%.1f" : "%.2f", value);
  }

  /**
   * The report for programs.
   *
   * @return one object, with every sample
   */
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("machine", machine.toJson());
    json.put("rounds", options.rounds()).put("secs", options.seconds());
    json.put("image_bytes", options.imageBytes());
    json.put("client", options.client() == null ? "built in" : options.client().toString());
    json.put("limit", limit);
    json.put("goals_met", goalsMet());
    ArrayNode rows = json.putArray("rows");
    for (Outcome outcome : outcomes) {
      ObjectNode row = rows.addObject();
      row.put("name", outcome.row().label().strip()).put("metric", outcome.row().metric().unit());
      row.put("ours", outcome.value()).put("other", outcome.against());
      row.put("ratio", outcome.ratio());
      row.put("least", outcome.least()).put("most", outcome.most());
      if (!Double.isNaN(outcome.row().goal())) {
        row.put("goal", outcome.row().goal()).put("met", outcome.met());
      }
    }
    ObjectNode trials = json.putObject("samples");
    samples.forEach(
        (trial, list) -> {
          ArrayNode array = trials.putArray(trial.strip());
          for (Sample sample : list) {
            ObjectNode one = array.addObject();
            put(one, "iops", sample.iops());
            put(one, "mib_s", sample.mebibytes());
            put(one, "p50_us", sample.p50());
            put(one, "p99_us", sample.p99());
            put(one, "cpu_us", sample.cpu());
            ObjectNode threads = one.putObject("threads");
            new TreeMap<>(sample.threads()).forEach(threads::put);
          }
        });
    return json;
  }

  /** What is unknown is left out: JSON has no NaN. */
  private static void put(ObjectNode json, String name, double value) {
    if (!Double.isNaN(value)) {
      json.put(name, value);
    }
  }
}
