package dev.virtio4j.queue;

import dev.virtio4j.memory.GuestMemory;
import java.nio.ByteBuffer;

/**
 * The inflight region of one packed queue: {@code QueueRegionPacked} of vhost-user.
 *
 * <p>A packed ring's descriptors are overwritten while chains are in flight, so the region keeps
 * copies of them, in lists taken from a free list of entries. The head of the free list and the
 * used position are there twice: {@code old_} has what is certain, the other what is being done.
 */
public final class PackedInflightLog extends InflightLog {
  private final InflightRegion region;

  /** Links of all entries, free or not: the region's own, copied, as the front-end may write it. */
  private final int[] next;

  private final int[] last;
  private int freeHead;

  /** Where the next descriptor is saved, while a list is taken. */
  private int saving;

  private int usedIndex;
  private boolean usedWrap;
  private long counter;

  private final PackedInflightRecovery recovered;
  private int resubmitted;

  private PackedInflightLog(InflightRegion region, int size) {
    super(size);
    this.region = region;
    this.recovered = null;
    this.next = new int[size];
    this.last = new int[size];
  }

  private PackedInflightLog(InflightRegion region, int size, PackedInflightRecovery recovered) {
    super(size);
    this.region = region;
    this.recovered = recovered;
    this.next = recovered.next;
    this.last = recovered.last;
    this.freeHead = recovered.freeHead;
    this.usedIndex = recovered.usedIndex;
    this.usedWrap = recovered.usedWrap;
    this.counter = recovered.counter;
  }

  /**
   * How large a queue's region is.
   *
   * @param queueSize entries
   * @return bytes
   */
  public static int bytes(int queueSize) {
    return PackedInflightLayout.at(queueSize);
  }

  /**
   * Takes over a queue's region: a zeroed one is begun, one that a process left behind is repaired
   * and its chains are queued to be served again.
   *
   * @param region the mapped region, 8-byte aligned, of at least {@link #bytes(int)} bytes
   * @param state the queue's size and addresses; its used position counts for a zeroed region alone
   * @param memory the guest's memory, where the ring tells what was published last
   * @return the log
   * @throws IllegalArgumentException if the region is not one of this size and layout
   * @throws dev.virtio4j.memory.GuestMemoryException if the ring is not in guest memory
   */
  public static PackedInflightLog open(ByteBuffer region, QueueState state, GuestMemory memory) {
    int size = state.config().size();
    return open(new InflightRegion(region, bytes(size), size), state, memory);
  }

  static PackedInflightLog open(InflightRegion region, QueueState state, GuestMemory memory) {
    int size = state.config().size();
    int version = region.getShort(PackedInflightLayout.VERSION);
    if (version == 0) {
      PackedInflightLog log = new PackedInflightLog(region, size);
      log.begin(state);
      return log;
    }
    if (version != 1) {
      throw new IllegalArgumentException("inflight region of unknown version " + version);
    }
    return new PackedInflightLog(
        region, size, PackedInflightRecovery.recover(region, state.config(), memory));
  }

  private void begin(QueueState state) {
    usedIndex = state.usedIndex();
    usedWrap = state.usedWrap();
    region.putShort(PackedInflightLayout.DESC_NUM, size());
    region.putShort(PackedInflightLayout.FREE_HEAD, 0);
    region.putShort(PackedInflightLayout.OLD_FREE_HEAD, 0);
    region.putLong(
        PackedInflightLayout.USED,
        PackedInflightLayout.used(usedIndex, usedWrap, usedIndex, usedWrap));
    for (int i = 0; i < size(); i++) {
      next[i] = i + 1;
      region.putShort(PackedInflightLayout.at(i) + PackedInflightLayout.NEXT, i + 1);
    }
    // Last: a region without a version is not looked into.
    region.putShort(PackedInflightLayout.VERSION, 1);
  }

  int usedIndex() {
    return usedIndex;
  }

  boolean usedWrap() {
    return usedWrap;
  }

  // Chains to be served again

  @Override
  int resubmissions() {
    return recovered == null ? 0 : recovered.heads.length - resubmitted;
  }

  /** How many descriptors of the ring the chains take that were in flight. */
  int resubmittedDescriptors() {
    return recovered == null ? 0 : recovered.descriptors;
  }

  /** The entry of the next chain to serve again, oldest first. */
  int nextResubmission() {
    return recovered.heads[resubmitted++];
  }

  /** How many descriptors the chain of an entry has. */
  int count(int entry) {
    return recovered.count[entry];
  }

  int next(int entry) {
    return next[entry];
  }

  long address(int entry) {
    return recovered.address[entry];
  }

  int length(int entry) {
    return recovered.length[entry];
  }

  int id(int entry) {
    return recovered.id[entry];
  }

  int flags(int entry) {
    return recovered.flags[entry];
  }

  // Steps of the running queue

  /** Keeps a copy of a descriptor of the list that is being taken, the first one with number 0. */
  void save(int number, long address, int length, int id, int flags) {
    saving = number == 0 ? freeHead : next[saving];
    int at = PackedInflightLayout.at(saving);
    region.putLong(at + PackedInflightLayout.ADDRESS, address);
    region.putInt(at + PackedInflightLayout.LENGTH, length);
    region.putShort(at + PackedInflightLayout.ID, id);
    region.putShort(at + PackedInflightLayout.FLAGS, flags);
  }

  /**
   * The list that was saved is complete.
   *
   * @return the entry that stands for it
   */
  int taken(int count) {
    int entry = freeHead;
    int at = PackedInflightLayout.at(entry);
    region.putShort(at + PackedInflightLayout.LAST, saving);
    region.putShort(at + PackedInflightLayout.NUM, count);
    region.putLong(at + PackedInflightLayout.COUNTER, counter++);
    region.putByte(at + PackedInflightLayout.INFLIGHT, 1);
    last[entry] = saving;
    freeHead = next[saving];
    region.putShort(PackedInflightLayout.FREE_HEAD, freeHead);
    // What is on the old free list is not in flight, so this store is what takes the chain.
    region.putShort(PackedInflightLayout.OLD_FREE_HEAD, freeHead);
    return entry;
  }

  /** A chain is about to be published, after which the used position is the given one. */
  void using(int entry, int newUsedIndex, boolean newUsedWrap) {
    next[last[entry]] = freeHead;
    region.putShort(PackedInflightLayout.at(last[entry]) + PackedInflightLayout.NEXT, freeHead);
    region.putShort(PackedInflightLayout.FREE_HEAD, entry);
    freeHead = entry;
    // One store: an index and a wrap counter of different rounds would name another position.
    region.putLong(
        PackedInflightLayout.USED,
        PackedInflightLayout.used(newUsedIndex, newUsedWrap, usedIndex, usedWrap));
    usedIndex = newUsedIndex;
    usedWrap = newUsedWrap;
  }

  /** The chain was published. */
  void used(int entry) {
    region.putByte(PackedInflightLayout.at(entry) + PackedInflightLayout.INFLIGHT, 0);
    region.putShort(PackedInflightLayout.OLD_FREE_HEAD, entry);
    region.putLong(
        PackedInflightLayout.USED,
        PackedInflightLayout.used(usedIndex, usedWrap, usedIndex, usedWrap));
  }
}
