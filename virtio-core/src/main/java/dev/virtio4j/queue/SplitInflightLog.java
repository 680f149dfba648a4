package dev.virtio4j.queue;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** The inflight region of one split queue: {@code QueueRegionSplit} of vhost-user. */
public final class SplitInflightLog extends InflightLog {
  // struct QueueRegionSplit
  private static final int VERSION = 8;
  private static final int DESC_NUM = 10;
  private static final int LAST_BATCH_HEAD = 12;
  private static final int USED_IDX = 14;
  private static final int DESC = 16;

  // struct DescStateSplit
  private static final int DESC_SIZE = 16;
  private static final int INFLIGHT = 0;
  private static final int NEXT = 6;
  private static final int COUNTER = 8;

  private final InflightRegion region;
  private final int usedIndex;
  private final int[] resubmit;
  private int resubmitted;
  private long counter;
  private int lastBatchHead;

  private SplitInflightLog(
      InflightRegion region, int size, int usedIndex, int[] resubmit, long counter) {
    super(size);
    this.region = region;
    this.usedIndex = usedIndex;
    this.resubmit = resubmit;
    this.counter = counter;
  }

  /**
   * How large a queue's region is.
   *
   * @param queueSize entries
   * @return bytes
   */
  public static int bytes(int queueSize) {
    return DESC + DESC_SIZE * queueSize;
  }

  /**
   * Takes over a queue's region: a zeroed one is begun, one that a process left behind is repaired
   * and its chains are queued to be served again.
   *
   * @param region the mapped region, 8-byte aligned, of at least {@link #bytes(int)} bytes
   * @param queueSize the queue's size
   * @param usedIndex the used index that stands in the used ring
   * @return the log
   * @throws IllegalArgumentException if the region is not one of this size and layout
   */
  public static SplitInflightLog open(ByteBuffer region, int queueSize, int usedIndex) {
    return open(new InflightRegion(region, bytes(queueSize), queueSize), queueSize, usedIndex);
  }

  static SplitInflightLog open(InflightRegion region, int queueSize, int usedIndex) {
    int version = region.getShort(VERSION);
    if (version == 0) {
      region.putShort(DESC_NUM, queueSize);
      region.putShort(USED_IDX, usedIndex);
      // Last: a region without a version is not looked into.
      region.putShort(VERSION, 1);
      return new SplitInflightLog(region, queueSize, usedIndex, new int[0], 0);
    }
    if (version != 1) {
      throw new IllegalArgumentException("inflight region of unknown version " + version);
    }
    int size = region.getShort(DESC_NUM);
    if (size != queueSize) {
      throw new IllegalArgumentException(
          "inflight region for a queue of %d, but the queue has %d".formatted(size, queueSize));
    }
    boolean[] inflight = new boolean[queueSize];
    int count = 0;
    for (int head = 0; head < queueSize; head++) {
      inflight[head] = region.getByte(at(head) + INFLIGHT) != 0;
      count += inflight[head] ? 1 : 0;
    }
    if (count != 0) {
      count -= clearLastBatch(region, inflight, usedIndex);
    }
    region.putShort(USED_IDX, usedIndex);

    // Oldest first; the heads break ties, which a log that was written rightly does not have.
    long[] counters = new long[count];
    Integer[] order = new Integer[count];
    int[] heads = new int[count];
    for (int head = 0, i = 0; head < queueSize; head++) {
      if (inflight[head]) {
        counters[i] = region.getLong(at(head) + COUNTER);
        order[i] = i;
        heads[i++] = head;
      }
    }
    Arrays.sort(order, (a, b) -> Long.compareUnsigned(counters[a], counters[b]));
    int[] resubmit = Arrays.stream(order).mapToInt(i -> heads[i]).toArray();
    long next = count == 0 ? 0 : counters[order[count - 1]] + 1;
    return new SplitInflightLog(region, queueSize, usedIndex, resubmit, next);
  }

  /**
   * The process may have ended between publishing a used index and clearing the entries: the
   * region's used index then lags behind the ring's by the batch that is to be cleared.
   */
  private static int clearLastBatch(InflightRegion region, boolean[] inflight, int usedIndex) {
    int batch = (usedIndex - region.getShort(USED_IDX)) & 0xffff;
    if (batch > inflight.length) {
      throw new IllegalArgumentException(
          "inflight region with a used index of %d, but the used ring has %d"
              .formatted(region.getShort(USED_IDX), usedIndex));
    }
    int head = region.getShort(LAST_BATCH_HEAD);
    int cleared = 0;
    for (int i = 0; i < batch; i++) {
      if (head >= inflight.length) {
        throw new IllegalArgumentException(
            "inflight region names descriptor %d of %d".formatted(head, inflight.length));
      }
      region.putByte(at(head) + INFLIGHT, 0);
      cleared += inflight[head] ? 1 : 0;
      inflight[head] = false;
      head = region.getShort(at(head) + NEXT);
    }
    return cleared;
  }

  private static int at(int head) {
    return DESC + DESC_SIZE * head;
  }

  /** The used index of the ring when the log was opened. */
  int usedIndex() {
    return usedIndex;
  }

  /** The next chain to serve again, oldest first; -1 if there is none. */
  int nextResubmission() {
    return resubmitted < resubmit.length ? resubmit[resubmitted++] : -1;
  }

  @Override
  int resubmissions() {
    return resubmit.length - resubmitted;
  }

  /** A chain was taken from the available ring. */
  void taken(int head) {
    region.putLong(at(head) + COUNTER, counter++);
    region.putByte(at(head) + INFLIGHT, 1);
  }

  /** A chain is about to be published in the used ring: a batch of one. */
  void using(int head) {
    region.putShort(at(head) + NEXT, lastBatchHead);
    region.putShort(LAST_BATCH_HEAD, head);
    lastBatchHead = head;
  }

  /** The used index was published. */
  void used(int head, int newUsedIndex) {
    region.putByte(at(head) + INFLIGHT, 0);
    region.putShort(USED_IDX, newUsedIndex);
  }
}
