package dev.virtio4j.driver;

import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MemoryWindow;
import dev.virtio4j.queue.QueueConfig;

/**
 * The areas of a packed ring, field by field (Virtio 1.4, 2.8), for drivers good and bad: nothing
 * that is written is checked.
 */
public final class PackedRing {
  /** RING_EVENT_FLAGS_ENABLE. */
  public static final int EVENT_ENABLE = 0;

  /** RING_EVENT_FLAGS_DISABLE. */
  public static final int EVENT_DISABLE = 1;

  /** RING_EVENT_FLAGS_DESC, with EVENT_IDX. */
  public static final int EVENT_DESC = 2;

  private static final int LENGTH = 8;
  private static final int ID = 12;
  private static final int FLAGS = 14;

  private final MemoryWindow descriptors;
  private final MemoryWindow driverEvent;
  private final MemoryWindow deviceEvent;

  /**
   * Opens a ring.
   *
   * @param memory where it is
   * @param config size and addresses
   */
  public PackedRing(GuestMemory memory, QueueConfig config) {
    descriptors = memory.window(config.descriptorArea(), config.descriptorBytes());
    driverEvent = memory.window(config.driverArea(), 4);
    deviceEvent = memory.window(config.deviceArea(), 4);
  }

  /**
   * Writes a descriptor but for its flags.
   *
   * @param index which, 0 to the queue size - 1
   * @param address guest-physical address
   * @param length bytes
   * @param id the buffer id
   */
  public void descriptor(int index, long address, int length, int id) {
    descriptors.putLong(16 * index, address);
    descriptors.putInt(16 * index + LENGTH, length);
    descriptors.putShort(16 * index + ID, (short) id);
  }

  /**
   * Writes a descriptor's flags; everything written before is seen with them.
   *
   * @param index which
   * @param flags {@link dev.virtio4j.queue.DescriptorFlags}
   */
  public void flags(int index, int flags) {
    descriptors.putShortRelease(16 * index + FLAGS, (short) flags);
  }

  /**
   * Reads a descriptor's flags; what the device wrote before them is seen afterwards.
   *
   * @param index which
   * @return 0 to 65535
   */
  public int flags(int index) {
    return descriptors.getShortAcquire(16 * index + FLAGS) & 0xffff;
  }

  /**
   * Reads a descriptor's address.
   *
   * @param index which
   * @return guest-physical address
   */
  public long address(int index) {
    return descriptors.getLong(16 * index);
  }

  /**
   * Reads a descriptor's length.
   *
   * @param index which
   * @return bytes, unsigned
   */
  public long length(int index) {
    return Integer.toUnsignedLong(descriptors.getInt(16 * index + LENGTH));
  }

  /**
   * Reads a descriptor's buffer id.
   *
   * @param index which
   * @return 0 to 65535
   */
  public int id(int index) {
    return descriptors.getShort(16 * index + ID) & 0xffff;
  }

  /**
   * Writes the driver event suppression area.
   *
   * @param offset descriptor event offset, 15 bits
   * @param wrap descriptor event wrap counter
   * @param flags one of the EVENT_ values, or 3
   */
  public void driverEvent(int offset, boolean wrap, int flags) {
    driverEvent.putInt(0, (offset & 0x7fff) | (wrap ? 0x8000 : 0) | flags << 16);
  }

  /**
   * Reads the device event suppression area.
   *
   * @return offset in bits 0 to 14, wrap counter in bit 15, flags from bit 16
   */
  public int deviceEvent() {
    return deviceEvent.getInt(0);
  }

  /**
   * Writes the device event suppression area, which is the device's.
   *
   * @param value as {@link #deviceEvent()} reads it
   */
  public void deviceEvent(int value) {
    deviceEvent.putInt(0, value);
  }

  /** A full fence: earlier stores are seen by the device before later loads are made. */
  public void fence() {
    driverEvent.fence();
  }
}
