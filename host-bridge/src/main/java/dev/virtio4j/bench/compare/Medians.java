package dev.virtio4j.bench.compare;

import java.util.Arrays;
import java.util.List;

/** Order statistics of the few numbers that repeated runs yield. */
final class Medians {
  private Medians() {}

  /** The median; of an even count the mean of the middle two, of none NaN. */
  static double of(List<Double> values) {
    double[] sorted = sorted(values);
    int n = sorted.length;
    if (n == 0) {
      return Double.NaN;
    }
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  }

  /** What runs side by side yield: each numerator over the denominator of the same round. */
  static List<Double> ratios(List<Double> numerators, List<Double> denominators) {
    int rounds = Math.min(numerators.size(), denominators.size());
    Double[] ratios = new Double[rounds];
    for (int i = 0; i < rounds; i++) {
      ratios[i] = numerators.get(i) / denominators.get(i);
    }
    return List.of(ratios);
  }

  static double least(List<Double> values) {
    double[] sorted = sorted(values);
    return sorted.length == 0 ? Double.NaN : sorted[0];
  }

  static double most(List<Double> values) {
    double[] sorted = sorted(values);
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length - 1];
  }

  private static double[] sorted(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted;
  }
}
