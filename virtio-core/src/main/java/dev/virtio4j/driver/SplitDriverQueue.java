package dev.virtio4j.driver;

import dev.virtio4j.queue.DescriptorFlags;
import dev.virtio4j.queue.QueueConfig;
import dev.virtio4j.queue.RingFeatures;
import java.nio.ByteBuffer;

/**
 * The driver's end of a split ring. A prepared request keeps its descriptors, so that submitting it
 * again writes one entry of the available ring.
 */
public final class SplitDriverQueue extends DriverQueue {
  private static final int NO_INTERRUPT = 1;
  private static final int NO_NOTIFY = 1;

  private final SplitRing ring;
  private final int[] freeDescriptors;
  private int freeCount;

  /** Free-running, modulo 2^16. */
  private int availIndex;

  private int published;
  private int usedIndex;
  private int usedSeen;

  SplitDriverQueue(DriverMemory memory, QueueConfig config, RingFeatures features) {
    super(memory, config, features);
    ring = new SplitRing(memory.guestMemory(), config, features);
    freeDescriptors = new int[size];
    for (int i = 0; i < size; i++) {
      freeDescriptors[i] = size - 1 - i;
    }
    freeCount = size;
  }

  /**
   * The ring's fields.
   *
   * @return access to all of them
   */
  public SplitRing ring() {
    return ring;
  }

  @Override
  DriverRequest prepare(boolean indirect, Segment... segments) {
    int needed = indirect ? 1 : segments.length;
    if (needed > freeCount) {
      throw new IllegalStateException(
          "%d descriptors are wanted, but %d of %d are free".formatted(needed, freeCount, size));
    }
    int[] descriptors = new int[needed];
    for (int i = 0; i < needed; i++) {
      descriptors[i] = freeDescriptors[--freeCount];
    }
    long table = indirect ? memory.allocate(16L * segments.length, 16) : 0;
    DriverRequest request = new DriverRequest(this, descriptors[0], descriptors, table, segments);
    if (indirect) {
      ring.descriptor(descriptors[0], table, 16 * segments.length, DescriptorFlags.INDIRECT, 0);
    }
    return request;
  }

  @Override
  void free(DriverRequest request) {
    for (int descriptor : request.descriptors) {
      freeDescriptors[freeCount++] = descriptor;
    }
  }

  @Override
  void write(DriverRequest request, int index) {
    boolean more = index + 1 < request.segments();
    if (request.table == 0) {
      ring.descriptor(
          request.descriptors[index],
          request.addresses[index],
          request.lengths[index],
          request.flags[index],
          more ? request.descriptors[index + 1] : 0);
    } else {
      ByteBuffer entry = memory.view(request.table + 16L * index, 16);
      entry.putLong(0, request.addresses[index]);
      entry.putLong(
          8, SplitRing.rest(request.lengths[index], request.flags[index], more ? index + 1 : 0));
    }
  }

  @Override
  boolean put(DriverRequest request) {
    ring.availEntry(availIndex, request.id);
    availIndex = (availIndex + 1) & 0xffff;
    return true;
  }

  @Override
  public boolean publish() {
    int old = published;
    int added = (availIndex - old) & 0xffff;
    if (added == 0) {
      return false;
    }
    published = availIndex;
    ring.availIndex(availIndex);
    // Pairs with the device's fence between its hint and its look at the available index.
    ring.fence();
    if (features.eventIdx()) {
      // 2.7.10: a notification is due if avail_event is among the entries just published.
      return ((availIndex - ring.availEvent() - 1) & 0xffff) < added;
    }
    return (ring.usedFlags() & NO_NOTIFY) == 0;
  }

  @Override
  long peek() {
    if (usedIndex == usedSeen) {
      usedSeen = ring.usedIndex();
      if (usedIndex == usedSeen) {
        return -1;
      }
      int ahead = (usedSeen - usedIndex) & 0xffff;
      if (ahead > size) {
        throw new IllegalStateException(
            "the device's used index %d is %d ahead in a ring of %d"
                .formatted(usedSeen, ahead, size));
      }
    }
    long id = ring.usedId(usedIndex);
    if (id >= size) {
      throw new IllegalStateException("the device used id %d in a ring of %d".formatted(id, size));
    }
    return id << 32 | ring.usedLength(usedIndex);
  }

  @Override
  void pass(DriverRequest request) {
    // Of a batch the last request alone has an entry, the first one, but the index counts them all.
    usedIndex = (usedIndex + 1) & 0xffff;
  }

  @Override
  boolean used() {
    return usedIndex != usedSeen || ring.usedIndex() != usedIndex;
  }

  @Override
  public boolean enableInterrupts(int skip) {
    if (features.eventIdx()) {
      ring.usedEvent(usedIndex + skip);
    } else {
      ring.availFlags(0);
    }
    // Pairs with the device's fence between its used index and its look at this wish.
    ring.fence();
    return !ready();
  }

  @Override
  public void disableInterrupts() {
    if (features.eventIdx()) {
      // The entry that is farthest away.
      ring.usedEvent(usedIndex - 1);
    } else {
      ring.availFlags(NO_INTERRUPT);
    }
  }

  @Override
  public int notificationPosition() {
    return published;
  }
}
