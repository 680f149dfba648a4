package dev.virtio4j.bench.compare;

import java.util.Map;

/**
 * What one run of a load yielded.
 *
 * @param iops requests a second
 * @param mebibytes MiB a second
 * @param p50 half of the requests took no longer, in microseconds; NaN if unknown
 * @param p99 99 of 100 took no longer, in microseconds; NaN if unknown
 * @param cpu CPU time of the back-end for one request, in microseconds; NaN if unknown
 * @param threads the same for each of its threads, by name
 */
record Sample(
    double iops,
    double mebibytes,
    double p50,
    double p99,
    double cpu,
    Map<String, Double> threads) {

  /** The limit's: a rate and nothing else. */
  static Sample rate(double iops) {
    return new Sample(iops, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Map.of());
  }

  /** What a row of the report compares. */
  enum Metric {
    /** Requests a second; more is better. */
    IOPS("IOPS", true),
    /** MiB a second; more is better. */
    MEBIBYTES("MiB/s", true),
    /** Median latency in microseconds; less is better. */
    P50("p50 us", false),
    /** CPU time for one request in microseconds; less is better. */
    CPU("CPU us/request", false);

    private final String unit;
    private final boolean moreIsBetter;

    Metric(String unit, boolean moreIsBetter) {
      this.unit = unit;
      this.moreIsBetter = moreIsBetter;
    }

    String unit() {
      return unit;
    }

    boolean moreIsBetter() {
      return moreIsBetter;
    }

    double of(Sample sample) {
      return switch (this) {
        case IOPS -> sample.iops();
        case MEBIBYTES -> sample.mebibytes();
        case P50 -> sample.p50();
        case CPU -> sample.cpu();
      };
    }
  }
}
