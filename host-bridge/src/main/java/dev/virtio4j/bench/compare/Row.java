package dev.virtio4j.bench.compare;

import dev.virtio4j.bench.compare.Sample.Metric;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One ratio of the report.
 *
 * @param label what it is
 * @param metric what is compared
 * @param trial id of the numerator
 * @param against id of the denominator
 * @param goal what the ratio should be at least, or at most where less is better; NaN for no goal
 */
record Row(String label, Metric metric, String trial, String against, double goal) {

  /**
   * A row's numbers.
   *
   * @param row the row
   * @param value the trial's median
   * @param against the other's median
   * @param ratio the medians' ratio
   * @param least the least ratio of one round
   * @param most the greatest ratio of one round
   */
  record Outcome(Row row, double value, double against, double ratio, double least, double most) {
    /** Whether the goal is met; true where there is none. */
    boolean met() {
      if (Double.isNaN(row.goal)) {
        return true;
      }
      return row.metric.moreIsBetter() ? ratio >= row.goal : ratio <= row.goal;
    }
  }

  /** Computes it; null if one of the two was not run. */
  Outcome of(Map<String, List<Sample>> samples) {
    List<Double> mine = values(samples.get(trial));
    List<Double> others = values(samples.get(against));
    double value = Medians.of(mine);
    double other = Medians.of(others);
    if (Double.isNaN(value) || Double.isNaN(other) || other == 0) {
      return null;
    }
    List<Double> ratios = Medians.ratios(mine, others);
    return new Outcome(
        this, value, other, value / other, Medians.least(ratios), Medians.most(ratios));
  }

  private List<Double> values(List<Sample> samples) {
    return samples == null ? List.of() : samples.stream().map(metric::of).toList();
  }

  String goalText() {
    if (Double.isNaN(goal)) {
      return "-";
    }
    return (metric.moreIsBetter() ? ">= " : "<= ") + String.format(Locale.ROOT, "%.2f", goal);
  }
}
