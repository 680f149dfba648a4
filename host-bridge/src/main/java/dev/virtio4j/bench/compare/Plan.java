package dev.virtio4j.bench.compare;

import static dev.virtio4j.bench.compare.Trial.Subject.LIMIT;
import static dev.virtio4j.bench.compare.Trial.Subject.OURS;
import static dev.virtio4j.bench.compare.Trial.Subject.OURS_DIRECT;
import static dev.virtio4j.bench.compare.Trial.Subject.THEIRS;
import static dev.virtio4j.bench.compare.Trial.Subject.THEIRS_DIRECT;

import dev.virtio4j.bench.Workload;
import dev.virtio4j.bench.compare.Sample.Metric;
import dev.virtio4j.bench.compare.Trial.Load;
import java.util.ArrayList;
import java.util.List;

/**
 * What is run, and which ratios it yields.
 *
 * @param trials in the order of a round
 * @param rows in the order of the report
 */
record Plan(List<Trial> trials, List<Row> rows) {
  private static final int BLOCK = 4096;
  private static final int LARGE = 128 << 10;
  private static final int DEPTH = 32;
  private static final String LIMIT_ID = "pread loop";

  /** The whole comparison; {@code disk} says whether there is a disk for the uncached part. */
  static Plan full(boolean disk) {
    Maker maker = new Maker();
    Load plain = Load.polling(Workload.RANDREAD, BLOCK, DEPTH);
    maker.pair("4k randread QD32, polling", plain, Metric.IOPS, 2.5);
    maker.cost(
        "  with INFLIGHT", new Load(Workload.RANDREAD, BLOCK, DEPTH, false, false, true, false));
    maker.cost(
        "  with a dirty log", new Load(Workload.RANDREAD, BLOCK, DEPTH, false, false, false, true));
    maker.limit();
    maker.pair(
        "4k randwrite QD32, polling",
        Load.polling(Workload.RANDWRITE, BLOCK, DEPTH),
        Metric.IOPS,
        2.5);
    maker.pair(
        "4k randread QD32, irq + EVENT_IDX",
        Load.interrupts(Workload.RANDREAD, DEPTH, true),
        Metric.IOPS,
        4);
    maker.pair(
        "4k randwrite QD32, irq + EVENT_IDX",
        Load.interrupts(Workload.RANDWRITE, DEPTH, true),
        Metric.IOPS,
        4);
    maker.pair(
        "128k read QD32, polling",
        Load.polling(Workload.READ, LARGE, DEPTH),
        Metric.MEBIBYTES,
        1.2);
    maker.pair(
        "128k write QD32, polling",
        Load.polling(Workload.WRITE, LARGE, DEPTH),
        Metric.MEBIBYTES,
        1.2);
    maker.pair(
        "4k randread QD1, polling", Load.polling(Workload.RANDREAD, BLOCK, 1), Metric.P50, 0.2);
    maker.pair(
        "4k randread QD1, irq", Load.interrupts(Workload.RANDREAD, 1, false), Metric.P50, 0.33);
    if (disk) {
      maker.direct("4k randread QD32, O_DIRECT", Load.polling(Workload.RANDREAD, BLOCK, DEPTH));
      maker.direct("4k randwrite QD32, O_DIRECT", Load.polling(Workload.RANDWRITE, BLOCK, DEPTH));
    }
    return maker.plan();
  }

  /** Only the trials and rows whose name contains a text. */
  Plan only(String text) {
    List<Row> kept = rows.stream().filter(row -> row.label().contains(text)).toList();
    List<Trial> needed =
        trials.stream()
            .filter(
                trial ->
                    kept.stream()
                        .anyMatch(
                            row ->
                                row.trial().equals(trial.id()) || row.against().equals(trial.id())))
            .toList();
    return new Plan(needed, kept);
  }

  /** What the rows are called, each name once. */
  List<String> names() {
    return rows.stream().map(row -> row.label().strip()).distinct().toList();
  }

  /** Without what an external client, or qemu-storage-daemon, cannot do. */
  Plan withoutOwnClient() {
    List<Trial> kept = trials.stream().filter(trial -> !trial.load().needsOwnClient()).toList();
    List<String> ids = kept.stream().map(Trial::id).toList();
    return new Plan(
        kept,
        rows.stream()
            .filter(row -> ids.contains(row.trial()) && ids.contains(row.against()))
            .toList());
  }

  private static final class Maker {
    private final List<Trial> trials = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();
    private final List<Row> cpuRows = new ArrayList<>();
    private String plain;

    void pair(String label, Load load, Metric metric, double goal) {
      both(label, load, metric, goal, OURS, THEIRS);
    }

    void direct(String label, Load load) {
      both(label, load, Metric.IOPS, 1, OURS_DIRECT, THEIRS_DIRECT);
    }

    private void both(
        String label,
        Load load,
        Metric metric,
        double goal,
        Trial.Subject mine,
        Trial.Subject other) {
      String ours = label + ", ours";
      String theirs = label + ", theirs";
      trials.add(new Trial(ours, mine, load));
      trials.add(new Trial(theirs, other, load));
      rows.add(new Row(label, metric, ours, theirs, goal));
      cpuRows.add(new Row(label, Metric.CPU, ours, theirs, 1));
      if (plain == null) {
        plain = ours;
      }
    }

    void cost(String label, Load load) {
      trials.add(new Trial(label, OURS, load));
      rows.add(new Row(label + ", of without", Metric.IOPS, label, plain, Double.NaN));
    }

    void limit() {
      trials.add(new Trial(LIMIT_ID, LIMIT, Load.polling(Workload.RANDREAD, BLOCK, 1)));
      rows.add(new Row("  of a pread loop on one thread", Metric.IOPS, plain, LIMIT_ID, 0.65));
    }

    Plan plan() {
      rows.addAll(cpuRows);
      return new Plan(List.copyOf(trials), List.copyOf(rows));
    }
  }
}
