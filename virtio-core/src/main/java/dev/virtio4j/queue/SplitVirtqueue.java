package dev.virtio4j.queue;

import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MemoryRegion;
import dev.virtio4j.memory.MemoryWindow;

/** A running queue in the split layout (Virtio 1.4, 2.7). */
public final class SplitVirtqueue extends Virtqueue {
  private static final int AVAIL_F_NO_INTERRUPT = 1;
  private static final short USED_F_NO_NOTIFY = 1;

  private static final int FLAGS = 0;
  private static final int INDEX = 2;
  private static final int RING = 4;

  private final int mask;
  private final int usedEventOffset;
  private final int availEventOffset;
  private final SplitInflightLog log;

  private MemoryWindow descriptors;
  private MemoryWindow avail;
  private MemoryWindow used;

  /** Free-running, modulo 2^16, as the rings' own. */
  private int availIndex;

  private int availSeen;
  private int usedIndex;
  private int signalledIndex;

  /** Descriptors of the table that chains in flight take. */
  private int taken;

  /** Whether the driver was told to notify; whoever ran the ring before may have told it not to. */
  private boolean notifications;

  SplitVirtqueue(
      QueueState state, RingFeatures features, GuestMemory memory, InflightLog inflightLog) {
    super(state.config(), features, memory);
    mask = size - 1;
    usedEventOffset = RING + 2 * size;
    availEventOffset = RING + 8 * size;
    if (inflightLog == null) {
      log = null;
      usedIndex = state.usedIndex() & 0xffff;
      availIndex = state.availIndex() & 0xffff;
    } else if (inflightLog instanceof SplitInflightLog split && split.size() == size) {
      log = split;
      usedIndex = split.usedIndex();
      // After a crash nobody knows the available index: all that was taken is used or in flight.
      availIndex = (usedIndex + split.resubmissions()) & 0xffff;
    } else {
      throw new IllegalArgumentException(
          "%s does not fit a split ring of %d".formatted(inflightLog, size));
    }
    signalledIndex = usedIndex;
    availSeen = availIndex;
    open();
  }

  /** Reads where a used ring stands. */
  static int usedIndex(QueueConfig config, GuestMemory memory) {
    return memory.window(config.deviceArea(), RING).getShort(INDEX) & 0xffff;
  }

  @Override
  void open() {
    descriptors = memory.window(config.descriptorArea(), config.descriptorBytes());
    avail = memory.window(config.driverArea(), config.driverBytes(features));
    used = memory.window(config.deviceArea(), config.deviceBytes(features));
  }

  @Override
  BufferChain next() {
    if (log != null) {
      int head = log.nextResubmission();
      if (head >= 0) {
        return take(head);
      }
    }
    if (availIndex == availSeen && !look()) {
      return null;
    }
    int head = avail.getShort(RING + 2 * (availIndex & mask)) & 0xffff;
    BufferChain chain = take(head);
    if (chain != null) {
      availIndex = (availIndex + 1) & 0xffff;
      if (log != null) {
        log.taken(head);
      }
    }
    return chain;
  }

  /** Loads the available index; true if there is something to take. */
  private boolean look() {
    // Acquire: pairs with the driver's release of idx after it wrote entries and descriptors.
    int seen = avail.getShortAcquire(INDEX) & 0xffff;
    if (seen == availIndex) {
      return false;
    }
    if (((seen - availIndex) & 0xffff) > size) {
      fail(
          QueueFault.Kind.AVAILABLE_INDEX,
          "available index %d is more than the queue size %d ahead of %d"
              .formatted(seen, size, availIndex));
      return false;
    }
    availSeen = seen;
    return true;
  }

  private BufferChain take(int head) {
    if (head >= size) {
      fail(QueueFault.Kind.HEAD_INDEX, "head %d of a ring of %d descriptors".formatted(head, size));
      return null;
    }
    BufferChain chain = acquire(head);
    if (chain == null) {
      return null;
    }
    int count = fill(chain, head);
    if (count < 0) {
      return null;
    }
    taken += count;
    return accept(chain, count);
  }

  /** How many descriptors of the table the chain takes; -1, with the queue broken, if it is bad. */
  private int fill(BufferChain chain, int head) {
    int index = head;
    // A descriptor belongs to one chain in flight, so together they are no longer than the queue
    // (2.7.5.3.1), which also ends loops, and bounds what a guest makes of one long chain.
    int room = size - taken;
    for (int n = 0; n < room; n++) {
      long address = descriptors.getLong(16 * index);
      // One load for length, flags and next: they are checked and used as one copy.
      long rest = descriptors.getLong(16 * index + 8);
      int flags = (int) (rest >>> 32) & 0xffff;
      if ((flags & DescriptorFlags.INDIRECT) != 0) {
        if ((flags & DescriptorFlags.NEXT) != 0) {
          fail(QueueFault.Kind.INDIRECT, "descriptor %d has INDIRECT and NEXT".formatted(index));
          return -1;
        }
        return fillIndirect(chain, address, (int) rest) ? n + 1 : -1;
      }
      if (!add(chain, address, (int) rest, flags)) {
        return -1;
      }
      if ((flags & DescriptorFlags.NEXT) == 0) {
        return n + 1;
      }
      index = (int) (rest >>> 48);
      if (index >= size) {
        fail(
            QueueFault.Kind.NEXT_INDEX,
            "next %d in a ring of %d descriptors".formatted(index, size));
        return -1;
      }
    }
    if (taken == 0) {
      fail(QueueFault.Kind.CHAIN_LENGTH, "chain of more than %d descriptors".formatted(size));
    } else {
      fail(
          QueueFault.Kind.IN_FLIGHT,
          "a chain of more than %d descriptors while %d of the ring's %d are in flight"
              .formatted(room, taken, size));
    }
    return -1;
  }

  private boolean fillIndirect(BufferChain chain, long table, int length) {
    MemoryRegion region = indirectTable(table, length);
    if (region == null) {
      return false;
    }
    long base = table - region.guestAddress();
    int entries = length >>> 4;
    int index = 0;
    for (int n = 0; n < entries; n++) {
      long entry = base + 16L * index;
      long address = region.getLong(entry);
      long rest = region.getLong(entry + 8);
      int flags = (int) (rest >>> 32) & 0xffff;
      if ((flags & DescriptorFlags.INDIRECT) != 0) {
        fail(QueueFault.Kind.INDIRECT, "indirect table inside an indirect table");
        return false;
      }
      if (!add(chain, address, (int) rest, flags)) {
        return false;
      }
      if ((flags & DescriptorFlags.NEXT) == 0) {
        return true;
      }
      index = (int) (rest >>> 48);
      if (index >= entries) {
        fail(
            QueueFault.Kind.NEXT_INDEX,
            "next %d in an indirect table of %d".formatted(index, entries));
        return false;
      }
    }
    fail(QueueFault.Kind.CHAIN_LENGTH, "chain loops in an indirect table");
    return false;
  }

  @Override
  void use(BufferChain chain, long written) {
    int head = chain.id();
    if (log != null) {
      log.using(head);
    }
    int entry = RING + 8 * (usedIndex & mask);
    used.putInt(entry, head);
    used.putInt(entry + 4, (int) written);
    taken -= chain.ringDescriptors();
    int next = (usedIndex + 1) & 0xffff;
    // Release: the used entry and the data are there before the driver sees the index.
    used.putShortRelease(INDEX, (short) next);
    usedIndex = next;
    if (memory.logged()) {
      // After the stores: a page marked before may be copied without them.
      memory.dirtyLog().mark(config.deviceArea() + entry, 8);
      memory.dirtyLog().mark(config.deviceArea() + INDEX, 2);
    }
    if (log != null) {
      log.used(head, next);
    }
  }

  @Override
  boolean interruptDue() {
    int since = (usedIndex - signalledIndex) & 0xffff;
    signalledIndex = usedIndex;
    // Pairs with the driver's fence between its store to used_event or flags and its load of
    // used idx: one of the two sees the other's store.
    used.fence();
    if (features.eventIdx()) {
      // 2.7.7.2: interrupt if used_event is among the entries since the last one.
      int event = avail.getShort(usedEventOffset) & 0xffff;
      return ((usedIndex - event - 1) & 0xffff) < since;
    }
    return (avail.getShort(FLAGS) & AVAIL_F_NO_INTERRUPT) == 0;
  }

  @Override
  boolean ask() {
    if (features.eventIdx()) {
      used.putShort(availEventOffset, (short) availIndex);
      mark(availEventOffset);
    } else if (!notifications) {
      used.putShort(FLAGS, (short) 0);
      mark(FLAGS);
    }
    notifications = true;
    // Pairs with the driver's fence between its store of avail idx and its load of our hint.
    used.fence();
    return true;
  }

  @Override
  void decline() {
    // 2.7.10.1: with EVENT_IDX the flags stay 0; an avail_event left behind suppresses as well.
    if (notifications && !features.eventIdx()) {
      used.putShort(FLAGS, USED_F_NO_NOTIFY);
      mark(FLAGS);
    }
    notifications = false;
  }

  private void mark(int offset) {
    if (memory.logged()) {
      memory.dirtyLog().mark(config.deviceArea() + offset, 2);
    }
  }

  @Override
  boolean pending() {
    return (avail.getShort(INDEX) & 0xffff) != availIndex
        || (log != null && log.resubmissions() != 0);
  }

  @Override
  int unserved() {
    return log == null ? 0 : log.resubmissions();
  }

  @Override
  public QueueState state() {
    return new QueueState(config, availIndex, true, usedIndex, true);
  }
}
