package dev.virtio4j.driver;

import dev.virtio4j.queue.DescriptorFlags;
import dev.virtio4j.queue.QueueConfig;
import dev.virtio4j.queue.RingFeatures;
import java.nio.ByteBuffer;

/** The driver's end of a packed ring. */
public final class PackedDriverQueue extends DriverQueue {
  private static final int WRAP = 1 << 15;

  private final PackedRing ring;
  private final int[] freeIds;
  private int freeIdCount;
  private int freeDescriptors;

  private int availIndex;
  private boolean availWrap = true;
  private int usedIndex;
  private boolean usedWrap = true;

  /** The first head of what is submitted and not published: its flags are held back; -1 if none. */
  private int heldHead = -1;

  private int heldFlags;
  private boolean heldWrap;

  PackedDriverQueue(DriverMemory memory, QueueConfig config, RingFeatures features) {
    super(memory, config, features);
    ring = new PackedRing(memory.guestMemory(), config);
    freeIds = new int[size];
    for (int i = 0; i < size; i++) {
      freeIds[i] = size - 1 - i;
    }
    freeIdCount = size;
    freeDescriptors = size;
  }

  /**
   * The ring's fields.
   *
   * @return access to all of them
   */
  public PackedRing ring() {
    return ring;
  }

  @Override
  DriverRequest prepare(boolean indirect, Segment... segments) {
    if (freeIdCount == 0) {
      throw new IllegalStateException("all %d buffer ids are taken".formatted(size));
    }
    long table = indirect ? memory.allocate(16L * segments.length, 16) : 0;
    return new DriverRequest(this, freeIds[--freeIdCount], null, table, segments);
  }

  @Override
  void free(DriverRequest request) {
    freeIds[freeIdCount++] = request.id;
  }

  @Override
  void write(DriverRequest request, int index) {
    if (request.table != 0) {
      ByteBuffer entry = memory.view(request.table + 16L * index, 16);
      entry.putLong(0, request.addresses[index]);
      // 2.8.7: WRITE is the only flag in a table, and ids are ignored there.
      long flags = request.flags[index] & DescriptorFlags.WRITE;
      entry.putLong(8, Integer.toUnsignedLong(request.lengths[index]) | flags << 48);
    }
  }

  @Override
  boolean put(DriverRequest request) {
    int count = request.ringDescriptors();
    if (count > freeDescriptors) {
      return false;
    }
    freeDescriptors -= count;
    if (request.table != 0) {
      put(request.table, 16 * request.segments(), request.id, DescriptorFlags.INDIRECT, true);
      return true;
    }
    for (int i = 0; i < count; i++) {
      put(request.addresses[i], request.lengths[i], request.id, request.flags[i], i == 0);
    }
    return true;
  }

  private void put(long address, int length, int id, int flags, boolean head) {
    ring.descriptor(availIndex, address, length, id);
    int phased = flags | DescriptorFlags.available(availWrap);
    if (head && heldHead < 0) {
      heldHead = availIndex;
      heldWrap = availWrap;
      heldFlags = phased;
    } else {
      ring.flags(availIndex, phased);
    }
    if (++availIndex == size) {
      availIndex = 0;
      availWrap = !availWrap;
    }
  }

  @Override
  public boolean publish() {
    if (heldHead < 0) {
      return false;
    }
    int old = position(heldHead, heldWrap);
    // Everything behind the first head waits for it, so one release publishes the batch.
    ring.flags(heldHead, heldFlags);
    heldHead = -1;
    // Pairs with the device's fence between its event area and its look at the next descriptor.
    ring.fence();
    int event = ring.deviceEvent();
    int flags = (event >>> 16) & 3;
    if (flags != PackedRing.EVENT_DESC || !features.eventIdx()) {
      return flags != PackedRing.EVENT_DISABLE;
    }
    int now = position(availIndex, availWrap);
    int added = now > old ? now - old : now - old + 2 * size;
    int past = now - position(event & (WRAP - 1), (event & WRAP) != 0);
    if (past <= 0) {
      past += 2 * size;
    }
    return past <= added;
  }

  private int position(int index, boolean wrap) {
    return wrap ? index : index + size;
  }

  @Override
  long peek() {
    if (!used()) {
      return -1;
    }
    // 2.8.4: the length is reserved where the device wrote nothing.
    long length = (ring.flags(usedIndex) & DescriptorFlags.WRITE) != 0 ? ring.length(usedIndex) : 0;
    return (long) ring.id(usedIndex) << 32 | length;
  }

  @Override
  void pass(DriverRequest request) {
    int count = request.ringDescriptors();
    freeDescriptors += count;
    usedIndex += count;
    if (usedIndex >= size) {
      usedIndex -= size;
      usedWrap = !usedWrap;
    }
  }

  @Override
  boolean used() {
    // Acquire: what the device wrote before the flags is seen.
    int flags = ring.flags(usedIndex);
    int phase = flags & (DescriptorFlags.AVAIL | DescriptorFlags.USED);
    return phase == DescriptorFlags.used(usedWrap);
  }

  @Override
  public boolean enableInterrupts(int skip) {
    if (features.eventIdx()) {
      int at = usedIndex + skip;
      ring.driverEvent(at < size ? at : at - size, usedWrap == (at < size), PackedRing.EVENT_DESC);
    } else {
      ring.driverEvent(0, false, PackedRing.EVENT_ENABLE);
    }
    // Pairs with the device's fence between its used descriptor and its look at this wish.
    ring.fence();
    return !ready();
  }

  @Override
  public void disableInterrupts() {
    ring.driverEvent(0, false, PackedRing.EVENT_DISABLE);
  }

  @Override
  public int notificationPosition() {
    return availIndex | (availWrap ? WRAP : 0);
  }
}
