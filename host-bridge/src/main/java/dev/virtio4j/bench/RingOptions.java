package dev.virtio4j.bench;

/**
 * The rings of a load.
 *
 * @param queues how many, 1 to 64
 * @param size entries of each, a power of two up to 32768; 0 to take one that fits the depth
 * @param packed whether to ask for VIRTIO_F_RING_PACKED
 * @param eventIdx whether to ask for VIRTIO_F_EVENT_IDX
 * @param indirect whether to ask for VIRTIO_F_INDIRECT_DESC, and use it
 */
public record RingOptions(
    int queues, int size, boolean packed, boolean eventIdx, boolean indirect) {
  /** Descriptors of a request: header, data, status. */
  static final int PER_REQUEST = 3;

  private static final int MAX_QUEUES = 64;
  private static final int MAX_SIZE = 32768;
  private static final int USUAL_SIZE = 256;

  /** One split ring of the usual size, without further features. */
  public static final RingOptions DEFAULT = new RingOptions(1, 0, false, false, false);

  /**
   * Checks the ranges.
   *
   * @param queues see above
   * @param size see above
   * @param packed see above
   * @param eventIdx see above
   * @param indirect see above
   * @throws IllegalArgumentException if one is left
   */
  public RingOptions {
    if (queues < 1 || queues > MAX_QUEUES) {
      throw new IllegalArgumentException(
          "--queues is %d; it may be 1 to %d".formatted(queues, MAX_QUEUES));
    }
    if (size != 0 && (size < 2 || size > MAX_SIZE || Integer.bitCount(size) != 1)) {
      throw new IllegalArgumentException(
          "--ring is %d; it may be a power of two from 2 to %d".formatted(size, MAX_SIZE));
    }
  }

  /**
   * How many ring entries a load takes, of which each slot keeps its own.
   *
   * @param depth slots
   * @param kinds what a slot may do: 1 for a load that reads or writes, 2 for one that does both
   * @param flushes whether there is a flush besides
   */
  int needed(int depth, int kinds, boolean flushes) {
    int requests = depth * kinds * (indirect ? 1 : PER_REQUEST);
    return requests + (flushes ? PER_REQUEST - 1 : 0);
  }

  /** The size that the rings get: the one that was asked for, or one that fits. */
  int sizeFor(int needed) {
    return size != 0 ? size : Math.max(USUAL_SIZE, Integer.highestOneBit(2 * needed - 1));
  }

  /** What is wrong with a load of this depth, or null. */
  String problem(int depth, int needed) {
    int ring = Math.min(sizeFor(needed), MAX_SIZE);
    if (needed <= ring) {
      return null;
    }
    return "--qd %d takes %d ring entries, but a ring has %d; take a smaller --qd%s%s"
        .formatted(
            depth,
            needed,
            ring,
            size != 0 ? ", or a larger --ring" : "",
            indirect ? "" : ", or --indirect");
  }
}
