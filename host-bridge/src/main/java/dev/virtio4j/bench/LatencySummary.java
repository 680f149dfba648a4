package dev.virtio4j.bench;

import org.HdrHistogram.Histogram;

/**
 * How long requests took, in microseconds.
 *
 * @param p50 half took no longer
 * @param p90 nine of ten took no longer
 * @param p99 99 of 100 took no longer
 * @param p999 999 of 1000 took no longer
 * @param max the longest
 */
public record LatencySummary(double p50, double p90, double p99, double p999, double max) {
  /** What a load records into: nanoseconds up to a minute, to one in a thousand. */
  static Histogram recorder() {
    return new Histogram(LONGEST_NANOS, 3);
  }

  /** Longer ones are recorded as this. */
  static final long LONGEST_NANOS = 60_000_000_000L;

  /**
   * Sums up what was recorded.
   *
   * @param nanos a histogram of nanoseconds
   * @return its percentiles; all 0 if nothing was recorded
   */
  static LatencySummary of(Histogram nanos) {
    return new LatencySummary(
        at(nanos, 50), at(nanos, 90), at(nanos, 99), at(nanos, 99.9), nanos.getMaxValue() / 1e3);
  }

  private static double at(Histogram nanos, double percentile) {
    return nanos.getTotalCount() == 0 ? 0 : nanos.getValueAtPercentile(percentile) / 1e3;
  }
}
