package dev.virtio4j.queue;

import dev.virtio4j.memory.GuestMemory;

/**
 * Where a queue stands: what it is started from, and what stopping it yields.
 *
 * <p>Of a split ring the indices are the free-running 16-bit ones of the rings, and the wrap
 * counters are unused (true). Of a packed ring they are positions below the queue size.
 *
 * @param config the queue's size and addresses
 * @param availIndex the next entry to be taken, 0 to 65535
 * @param availWrap the device's view of the driver ring wrap counter (packed)
 * @param usedIndex the next entry to be used, 0 to 65535
 * @param usedWrap the device ring wrap counter (packed)
 */
public record QueueState(
    QueueConfig config, int availIndex, boolean availWrap, int usedIndex, boolean usedWrap) {
  private static final int INDEX = 0x7fff;
  private static final int WRAP = 0x8000;

  /**
   * The state of a queue that has never run.
   *
   * @param config its size and addresses
   * @return both indices 0, both wrap counters 1
   */
  public static QueueState initial(QueueConfig config) {
    return new QueueState(config, 0, true, 0, true);
  }

  /**
   * Reads vhost-user's {@code num} of a split ring: the available index. The used index is not in
   * it; it is where the used ring says.
   *
   * @param config the queue's size and addresses
   * @param base bits 0 to 15 are the available index; the rest is ignored
   * @param memory the guest's memory
   * @return the state
   * @throws dev.virtio4j.memory.GuestMemoryException if the used ring is not in guest memory
   */
  public static QueueState fromSplitBase(QueueConfig config, int base, GuestMemory memory) {
    return new QueueState(
        config, base & 0xffff, true, SplitVirtqueue.usedIndex(config, memory), true);
  }

  /**
   * Reads vhost-user's {@code num} of a packed ring.
   *
   * @param config the queue's size and addresses
   * @param base bits 0 to 14 the available index, 15 its wrap counter, 16 to 30 the used index, 31
   *     its wrap counter
   * @return the state, not checked against the queue's size
   */
  public static QueueState fromPackedBase(QueueConfig config, int base) {
    int used = base >>> 16;
    return new QueueState(
        config, base & INDEX, (base & WRAP) != 0, used & INDEX, (used & WRAP) != 0);
  }

  /**
   * The state of a split ring as vhost-user's {@code num}.
   *
   * @return the available index
   */
  public int splitBase() {
    return availIndex & 0xffff;
  }

  /**
   * The state of a packed ring as vhost-user's {@code num}.
   *
   * @return see {@link #fromPackedBase}
   */
  public int packedBase() {
    int avail = availIndex | (availWrap ? WRAP : 0);
    int used = usedIndex | (usedWrap ? WRAP : 0);
    return used << 16 | avail;
  }
}
