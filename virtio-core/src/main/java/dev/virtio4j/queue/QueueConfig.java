package dev.virtio4j.queue;

import dev.virtio4j.memory.GuestMemory;

/**
 * What a guest sets before it enables a queue. Nothing in it has been checked; {@link
 * #problem(RingFeatures, int, GuestMemory)} does.
 *
 * @param size the queue size in entries, as the guest wrote it
 * @param descriptorArea guest-physical address of the descriptor table or packed ring, unsigned
 * @param driverArea guest-physical address of the available ring or driver event suppression
 * @param deviceArea guest-physical address of the used ring or device event suppression
 */
public record QueueConfig(int size, long descriptorArea, long driverArea, long deviceArea) {
  /** The largest queue size that any queue may have (Virtio 1.4, 2.6 and 2.8). */
  public static final int MAX_SIZE = 32768;

  /**
   * Checks what the guest wrote.
   *
   * @param features what shapes the ring
   * @param maxSize the largest size that the device offers for this queue
   * @param memory the guest's memory
   * @return null if the queue may run, else a sentence that says what is wrong
   */
  public String problem(RingFeatures features, int maxSize, GuestMemory memory) {
    if (size < 1 || size > Math.min(maxSize, MAX_SIZE)) {
      return "queue size %s is not between 1 and %d"
          .formatted(Integer.toUnsignedString(size), maxSize);
    }
    if (!features.packed() && Integer.bitCount(size) != 1) {
      return "queue size %d of a split ring is not a power of two".formatted(size);
    }
    String area = area("descriptor", descriptorArea, descriptorBytes(), 16, memory);
    if (area == null) {
      area = area("driver", driverArea, driverBytes(features), features.packed() ? 4 : 2, memory);
    }
    if (area == null) {
      // The standard aligns the packed event suppression to 4 as it does the used ring (2.8.10.1).
      area = area("device", deviceArea, deviceBytes(features), 4, memory);
    }
    return area;
  }

  private static String area(
      String name, long address, long bytes, int alignment, GuestMemory memory) {
    if ((address & (alignment - 1)) != 0) {
      return "%s area at 0x%x is not aligned to %d bytes".formatted(name, address, alignment);
    }
    if (!memory.contains(address, bytes)) {
      return "%s area at 0x%x with %d bytes is not in guest memory".formatted(name, address, bytes);
    }
    return null;
  }

  /**
   * The length of the descriptor table or packed descriptor ring.
   *
   * @return bytes
   */
  public int descriptorBytes() {
    return 16 * size;
  }

  /**
   * The length of the driver area.
   *
   * @param features what shapes the ring
   * @return bytes
   */
  public int driverBytes(RingFeatures features) {
    return features.packed() ? 4 : 4 + 2 * size + (features.eventIdx() ? 2 : 0);
  }

  /**
   * The length of the device area.
   *
   * @param features what shapes the ring
   * @return bytes
   */
  public int deviceBytes(RingFeatures features) {
    return features.packed() ? 4 : 4 + 8 * size + (features.eventIdx() ? 2 : 0);
  }
}
