package dev.virtio4j.bench;

import java.util.BitSet;
import org.HdrHistogram.Histogram;

/** What a load counts, on its one thread. */
final class LoadCounters {
  final Histogram latency = LatencySummary.recorder();

  /** Blocks whose write has completed; null where nobody compares them later. */
  final BitSet written;

  long requests;
  long bytes;
  long allRequests;
  long errors;
  long compared;
  long bad;

  LoadCounters(BitSet written) {
    this.written = written;
  }
}
