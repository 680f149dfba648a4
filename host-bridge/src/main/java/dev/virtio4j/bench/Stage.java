package dev.virtio4j.bench;

import java.time.Duration;

/**
 * One part of a load.
 *
 * @param label what it is, for the progress
 * @param operation what its requests do
 * @param positions where they do it; the stage ends with them, or with the time
 * @param time how long; null for as long as there are positions
 * @param recorded whether it counts in the figures
 * @param compared whether what is read is compared with the pattern
 */
record Stage(
    String label,
    Operation operation,
    Positions positions,
    Duration time,
    boolean recorded,
    boolean compared) {

  /** What a request does. */
  enum Operation {
    READ,
    WRITE,
    /** One or the other, at random. */
    EITHER
  }
}
