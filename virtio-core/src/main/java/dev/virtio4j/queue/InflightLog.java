package dev.virtio4j.queue;

import dev.virtio4j.memory.GuestMemory;
import java.nio.ByteBuffer;

/**
 * Records in memory that outlives this process which chains of a queue are in flight, so that the
 * next process serves exactly those again (vhost-user, "Inflight I/O tracking").
 *
 * <p>The memory is shared with the front-end, which keeps it across a restart. What is found in it
 * is checked like anything a guest wrote, once, when it is opened; after that it is only written.
 * Used by one queue, on its thread.
 */
public abstract sealed class InflightLog permits SplitInflightLog, PackedInflightLog {
  private final int size;

  InflightLog(int size) {
    this.size = size;
  }

  /**
   * How large the region of a queue is.
   *
   * @param packed whether its ring is packed
   * @param queueSize entries
   * @return bytes, a multiple of 16
   */
  public static int bytes(boolean packed, int queueSize) {
    return packed ? PackedInflightLog.bytes(queueSize) : SplitInflightLog.bytes(queueSize);
  }

  /**
   * Takes over a queue's region: a zeroed one is begun, one that a process left behind is repaired
   * and its chains are queued to be served again.
   *
   * @param region the mapped region, 8-byte aligned, of at least {@link #bytes} bytes
   * @param packed whether the ring is packed
   * @param state where the queue stands; of a packed ring it counts for a zeroed region alone
   * @param memory the guest's memory, where the ring tells what was published last
   * @return the log
   * @throws IllegalArgumentException if the region is not one of this size and layout
   * @throws dev.virtio4j.memory.GuestMemoryException if the ring is not in guest memory
   */
  public static InflightLog open(
      ByteBuffer region, boolean packed, QueueState state, GuestMemory memory) {
    return packed
        ? PackedInflightLog.open(region, state, memory)
        : SplitInflightLog.open(
            region, state.config().size(), SplitVirtqueue.usedIndex(state.config(), memory));
  }

  /** The queue size that the region was made for. */
  final int size() {
    return size;
  }

  /** How many chains are to be served again. */
  abstract int resubmissions();

  @Override
  public String toString() {
    return "%s[size=%d, resubmissions=%d]"
        .formatted(getClass().getSimpleName(), size, resubmissions());
  }
}
