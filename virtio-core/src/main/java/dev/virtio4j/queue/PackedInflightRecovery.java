package dev.virtio4j.queue;

import dev.virtio4j.memory.GuestMemory;
import java.util.Arrays;

/**
 * What a packed queue's inflight region tells after a crash: checked as a whole, copied, and the
 * region put into the state that it describes.
 */
final class PackedInflightRecovery {
  final int[] next;
  final int[] last;
  final int[] count;
  final long[] address;
  final int[] length;
  final int[] id;
  final int[] flags;

  /** Entries of the chains in flight, oldest first. */
  int[] heads = {};

  /** How many descriptors these chains have. */
  int descriptors;

  int freeHead;
  int usedIndex;
  boolean usedWrap;

  /** One more than the counter of the youngest chain. */
  long counter;

  private final InflightRegion region;
  private final int size;
  private final boolean[] inflight;
  private final long[] counters;

  private PackedInflightRecovery(InflightRegion region, int size) {
    this.region = region;
    this.size = size;
    next = new int[size];
    last = new int[size];
    count = new int[size];
    address = new long[size];
    length = new int[size];
    id = new int[size];
    flags = new int[size];
    inflight = new boolean[size];
    counters = new long[size];
  }

  /**
   * Recovers.
   *
   * @throws IllegalArgumentException if the region contradicts itself or the queue
   */
  static PackedInflightRecovery recover(
      InflightRegion region, QueueConfig config, GuestMemory memory) {
    int size = region.getShort(PackedInflightLayout.DESC_NUM);
    if (size != config.size()) {
      throw new IllegalArgumentException(
          "inflight region for a queue of %d, but the queue has %d".formatted(size, config.size()));
    }
    PackedInflightRecovery recovery = new PackedInflightRecovery(region, size);
    recovery.settle(config, memory);
    recovery.copy();
    boolean[] free = recovery.freeEntries();
    recovery.chains(free);
    recovery.store(free);
    return recovery;
  }

  /** Commits or takes back the step that the crash interrupted. */
  private void settle(QueueConfig config, GuestMemory memory) {
    int at = PackedInflightLayout.USED;
    int index = index(region.getShort(at));
    int oldIndex = index(region.getShort(at + 2));
    boolean wrap = wrap(region.getByte(at + 4));
    boolean oldWrap = wrap(region.getByte(at + 5));
    freeHead = region.getShort(PackedInflightLayout.OLD_FREE_HEAD);
    usedIndex = oldIndex;
    usedWrap = oldWrap;
    // The wrap counters count too: a chain as long as the ring ends at the index where it began.
    if (index != oldIndex || wrap != oldWrap) {
      int flagsInRing =
          memory
                  .window(config.descriptorArea(), config.descriptorBytes())
                  .getShort(16 * oldIndex + 14)
              & 0xffff;
      if (!DescriptorFlags.available(flagsInRing, oldWrap)) {
        // The descriptor was marked used before the crash, so the driver may have seen it.
        freeHead = region.getShort(PackedInflightLayout.FREE_HEAD);
        usedIndex = index;
        usedWrap = wrap;
      }
    }
  }

  private int index(int value) {
    if (value >= size) {
      throw new IllegalArgumentException(
          "inflight region with a used index of %d in a ring of %d".formatted(value, size));
    }
    return value;
  }

  private static boolean wrap(int value) {
    if (value > 1) {
      throw new IllegalArgumentException("inflight region with a wrap counter of " + value);
    }
    return value == 1;
  }

  /** Reads every entry once. */
  private void copy() {
    for (int i = 0; i < size; i++) {
      int at = PackedInflightLayout.at(i);
      inflight[i] = region.getByte(at + PackedInflightLayout.INFLIGHT) != 0;
      next[i] = region.getShort(at + PackedInflightLayout.NEXT);
      last[i] = region.getShort(at + PackedInflightLayout.LAST);
      count[i] = region.getShort(at + PackedInflightLayout.NUM);
      counters[i] = region.getLong(at + PackedInflightLayout.COUNTER);
      address[i] = region.getLong(at + PackedInflightLayout.ADDRESS);
      length[i] = region.getInt(at + PackedInflightLayout.LENGTH);
      id[i] = region.getShort(at + PackedInflightLayout.ID);
      flags[i] = region.getShort(at + PackedInflightLayout.FLAGS);
    }
  }

  /** Follows the free list, which an index past the entries ends. */
  private boolean[] freeEntries() {
    boolean[] free = new boolean[size];
    for (int entry = freeHead; entry < size; entry = next[entry]) {
      if (free[entry]) {
        throw new IllegalArgumentException(
            "inflight region whose free list loops at entry " + entry);
      }
      free[entry] = true;
      inflight[entry] = false;
    }
    return free;
  }

  /** Finds the chains in flight, and checks that they and the free list share out all entries. */
  private void chains(boolean[] free) {
    boolean[] owned = free.clone();
    int found = 0;
    for (int entry = 0; entry < size; entry++) {
      if (inflight[entry]) {
        own(entry, owned);
        descriptors += count[entry];
        found++;
      }
    }
    for (int entry = 0; entry < size; entry++) {
      if (!owned[entry]) {
        throw new IllegalArgumentException(
            "inflight region whose entry %d is neither free nor in flight".formatted(entry));
      }
    }
    heads = new int[found];
    for (int entry = 0, i = 0; entry < size; entry++) {
      if (inflight[entry]) {
        heads[i++] = entry;
      }
    }
    heads =
        Arrays.stream(heads)
            .boxed()
            .sorted((a, b) -> Long.compareUnsigned(counters[a], counters[b]))
            .mapToInt(Integer::intValue)
            .toArray();
    counter = found == 0 ? 0 : counters[heads[found - 1]] + 1;
  }

  private void own(int head, boolean[] owned) {
    int entry = head;
    int tail = head;
    for (int i = 0; i < count[head]; i++) {
      if (entry >= size || owned[entry]) {
        throw new IllegalArgumentException(
            "inflight region whose chain at entry %d runs into entry %d of %d"
                .formatted(head, entry, size));
      }
      owned[entry] = true;
      tail = entry;
      entry = next[entry];
    }
    if (count[head] == 0 || tail != last[head]) {
      throw new IllegalArgumentException(
          "inflight region whose chain at entry %d has %d descriptors and ends at entry %d, not %d"
              .formatted(head, count[head], tail, last[head]));
    }
  }

  /** Puts the region into the recovered state, in an order that another crash does not undo. */
  private void store(boolean[] free) {
    region.putShort(PackedInflightLayout.FREE_HEAD, freeHead);
    region.putShort(PackedInflightLayout.OLD_FREE_HEAD, freeHead);
    region.putLong(
        PackedInflightLayout.USED,
        PackedInflightLayout.used(usedIndex, usedWrap, usedIndex, usedWrap));
    for (int entry = 0; entry < size; entry++) {
      if (free[entry]) {
        region.putByte(PackedInflightLayout.at(entry) + PackedInflightLayout.INFLIGHT, 0);
      }
    }
  }
}
