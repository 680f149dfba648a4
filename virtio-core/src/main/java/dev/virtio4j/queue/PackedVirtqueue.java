package dev.virtio4j.queue;

import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MemoryRegion;
import dev.virtio4j.memory.MemoryWindow;

/** A running queue in the packed layout (Virtio 1.4, 2.8). Its size need not be a power of two. */
public final class PackedVirtqueue extends Virtqueue {
  // Fields of struct pvirtq_desc
  private static final int LENGTH = 8;
  private static final int ID = 12;
  private static final int FLAGS = 14;

  // struct pvirtq_event_suppress: le16 offset and wrap counter, le16 flags
  private static final int EVENT_ENABLE = 0;
  private static final int EVENT_DISABLE = 1 << 16;
  private static final int EVENT_DESC = 2 << 16;
  private static final int EVENT_FLAGS = 3 << 16;
  private static final int EVENT_WRAP = 1 << 15;
  private static final int EVENT_OFFSET = EVENT_WRAP - 1;

  private final PackedInflightLog log;

  private MemoryWindow descriptors;
  private MemoryWindow driverEvent;
  private MemoryWindow deviceEvent;

  private int availIndex;
  private boolean availWrap;
  private int usedIndex;
  private boolean usedWrap;

  /** Descriptors of the ring that chains in flight take. */
  private int taken;

  /** Descriptors passed over by used ones since the last {@link #interruptDue()}; at most 2^16. */
  private int unsignalledDescriptors;

  /** What stands in the device event suppression area; -1 if that is not known. */
  private int toldDriver = -1;

  PackedVirtqueue(
      QueueState state, RingFeatures features, GuestMemory memory, InflightLog inflightLog) {
    super(state.config(), features, memory);
    if (inflightLog == null) {
      log = null;
      availIndex = state.availIndex();
      availWrap = state.availWrap();
      usedIndex = state.usedIndex();
      usedWrap = state.usedWrap();
    } else if (inflightLog instanceof PackedInflightLog packed && packed.size() == size) {
      log = packed;
      usedIndex = packed.usedIndex();
      usedWrap = packed.usedWrap();
      // All that was taken is used or in flight, so the available position follows from both.
      int position = usedIndex + packed.resubmittedDescriptors();
      availIndex = position < size ? position : position - size;
      availWrap = usedWrap == (position < size);
    } else {
      throw new IllegalArgumentException(
          "%s does not fit a packed ring of %d".formatted(inflightLog, size));
    }
    if (availIndex < 0 || availIndex >= size || usedIndex < 0 || usedIndex >= size) {
      throw new IllegalArgumentException(
          "available index %d and used index %d of a packed ring of %d"
              .formatted(availIndex, usedIndex, size));
    }
    open();
  }

  @Override
  void open() {
    descriptors = memory.window(config.descriptorArea(), config.descriptorBytes());
    driverEvent = memory.window(config.driverArea(), 4);
    deviceEvent = memory.window(config.deviceArea(), 4);
    toldDriver = -1;
  }

  @Override
  BufferChain next() {
    if (log != null && log.resubmissions() != 0) {
      return retake();
    }
    // Acquire: pairs with the driver's release of the head's flags after it wrote the rest.
    int flags = descriptors.getShortAcquire(16 * availIndex + FLAGS) & 0xffff;
    if (!DescriptorFlags.available(flags, availWrap)) {
      return null;
    }
    BufferChain chain = acquire(0);
    return chain == null ? null : take(chain, flags);
  }

  private BufferChain take(BufferChain chain, int headFlags) {
    int room = size - taken;
    int index = availIndex;
    boolean wrap = availWrap;
    int count = 0;
    int flags;
    int id;
    do {
      // The ring has no room for more than its size, which also ends lists without an end.
      if (count == room) {
        tooLong(count);
        return null;
      }
      long address = descriptors.getLong(16 * index);
      // One load for length, id and flags; of the head the flags that were looked at count.
      long rest = descriptors.getLong(16 * index + LENGTH);
      flags = count == 0 ? headFlags : (int) (rest >>> 48);
      if (!DescriptorFlags.available(flags, wrap)) {
        // 2.8.6: the driver makes the head available after the rest of its list.
        fail(
            QueueFault.Kind.PARTIAL_CHAIN,
            "descriptor %d of a list is not available: flags 0x%x".formatted(index, flags));
        return null;
      }
      id = (int) (rest >>> 32) & 0xffff;
      if (log != null) {
        log.save(count, address, (int) rest, id, flags);
      }
      if (!element(chain, count, address, (int) rest, flags)) {
        return null;
      }
      count++;
      if (++index == size) {
        index = 0;
        wrap = !wrap;
      }
    } while ((flags & DescriptorFlags.NEXT) != 0);
    availIndex = index;
    availWrap = wrap;
    taken += count;
    // 2.8.6: the buffer id is the one in the list's last descriptor.
    chain.identify(id);
    if (log != null) {
      chain.logged(log.taken(count));
    }
    return accept(chain, count);
  }

  private void tooLong(int count) {
    if (taken == 0) {
      fail(QueueFault.Kind.CHAIN_LENGTH, "chain of more than %d descriptors".formatted(size));
    } else {
      fail(
          QueueFault.Kind.IN_FLIGHT,
          "a list of more than %d descriptors while %d of the ring's %d are in flight"
              .formatted(count, taken, size));
    }
  }

  /** Takes a chain again that was in flight when the last process ended. */
  private BufferChain retake() {
    BufferChain chain = acquire(0);
    if (chain == null) {
      return null;
    }
    int entry = log.nextResubmission();
    int count = log.count(entry);
    int at = entry;
    for (int i = 0; i < count; i++) {
      if (!element(chain, i, log.address(at), log.length(at), log.flags(at))) {
        return null;
      }
      chain.identify(log.id(at));
      at = log.next(at);
    }
    taken += count;
    chain.logged(entry);
    return accept(chain, count);
  }

  /** Adds one descriptor of the ring to a chain. */
  private boolean element(BufferChain chain, int count, long address, int length, int flags) {
    if ((flags & DescriptorFlags.INDIRECT) == 0) {
      return add(chain, address, length, flags);
    }
    // 2.8.5: a list has descriptors of one kind, and one table is a whole list.
    if (count != 0 || (flags & DescriptorFlags.NEXT) != 0) {
      fail(QueueFault.Kind.INDIRECT, "an indirect table is chained to other descriptors");
      return false;
    }
    MemoryRegion region = indirectTable(address, length);
    if (region == null) {
      return false;
    }
    long entry = address - region.guestAddress();
    for (int left = length >>> 4; left != 0; left--) {
      long buffer = region.getLong(entry);
      long rest = region.getLong(entry + LENGTH);
      // 2.8.7: every flag but WRITE is ignored in a table, and its order is that of its entries.
      if (!add(chain, buffer, (int) rest, (int) (rest >>> 48))) {
        return false;
      }
      entry += 16;
    }
    return true;
  }

  @Override
  void use(BufferChain chain, long written) {
    int count = chain.ringDescriptors();
    int position = usedIndex + count;
    int nextIndex = position < size ? position : position - size;
    boolean nextWrap = usedWrap == (position < size);
    if (log != null) {
      log.using(chain.logEntry(), nextIndex, nextWrap);
    }
    int at = 16 * usedIndex;
    descriptors.putInt(at + LENGTH, (int) written);
    descriptors.putShort(at + ID, (short) chain.id());
    // 2.8.3: WRITE tells whether anything was written, and with it whether the length is valid.
    int flags =
        written == 0
            ? DescriptorFlags.used(usedWrap)
            : DescriptorFlags.used(usedWrap) | DescriptorFlags.WRITE;
    // Release: data, length and id are there before the driver sees the descriptor used.
    descriptors.putShortRelease(at + FLAGS, (short) flags);
    if (memory.logged()) {
      // After the stores: a page marked before may be copied without them.
      memory.dirtyLog().mark(config.descriptorArea() + at, 16);
    }
    usedIndex = nextIndex;
    usedWrap = nextWrap;
    taken -= count;
    unsignalledDescriptors = Math.min(unsignalledDescriptors + count, 1 << 16);
    if (log != null) {
      log.used(chain.logEntry());
    }
  }

  @Override
  boolean interruptDue() {
    int since = unsignalledDescriptors;
    unsignalledDescriptors = 0;
    // Pairs with the driver's fence between its store to the event suppression area and its look
    // at the next used descriptor: one of the two sees the other's store.
    driverEvent.fence();
    int event = driverEvent.getInt(0);
    int mode = event & EVENT_FLAGS;
    if (mode == EVENT_DISABLE) {
      return false;
    }
    int offset = event & EVENT_OFFSET;
    if (mode != EVENT_DESC || !features.eventIdx() || offset >= size) {
      // What makes no sense (3 is reserved) counts as enabled: an interrupt too many does no harm.
      return true;
    }
    // How many descriptors the used position is past the one that the driver waits for.
    int past = position(usedIndex, usedWrap) - position(offset, (event & EVENT_WRAP) != 0);
    if (past <= 0) {
      past += 2 * size;
    }
    return past <= since;
  }

  /** A place in the circle of two rounds that indices and wrap counters describe. */
  private int position(int index, boolean wrap) {
    return wrap ? index : index + size;
  }

  @Override
  boolean ask() {
    // One store for both fields, so that the driver never sees a new flag with an old offset.
    tell(
        features.eventIdx()
            ? EVENT_DESC | availIndex | (availWrap ? EVENT_WRAP : 0)
            : EVENT_ENABLE);
    // Pairs with the driver's fence between its store of a head's flags and its load of our area.
    deviceEvent.fence();
    return true;
  }

  @Override
  void decline() {
    tell(EVENT_DISABLE);
  }

  private void tell(int event) {
    if (event != toldDriver) {
      deviceEvent.putInt(0, event);
      toldDriver = event;
      if (memory.logged()) {
        memory.dirtyLog().mark(config.deviceArea(), 4);
      }
    }
  }

  @Override
  boolean pending() {
    int flags = descriptors.getShort(16 * availIndex + FLAGS) & 0xffff;
    return DescriptorFlags.available(flags, availWrap) || (log != null && log.resubmissions() != 0);
  }

  @Override
  int unserved() {
    return log == null ? 0 : log.resubmissions();
  }

  @Override
  public QueueState state() {
    return new QueueState(config, availIndex, availWrap, usedIndex, usedWrap);
  }
}
