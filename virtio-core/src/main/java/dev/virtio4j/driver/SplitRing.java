package dev.virtio4j.driver;

import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MemoryWindow;
import dev.virtio4j.queue.QueueConfig;
import dev.virtio4j.queue.RingFeatures;

/**
 * The areas of a split ring, field by field (Virtio 1.4, 2.7), for drivers good and bad: nothing
 * that is written is checked. Slots of the rings are indices modulo the queue size.
 */
public final class SplitRing {
  private static final int FLAGS = 0;
  private static final int INDEX = 2;
  private static final int RING = 4;

  private final MemoryWindow descriptors;
  private final MemoryWindow avail;
  private final MemoryWindow used;
  private final int size;

  /**
   * Opens a ring.
   *
   * @param memory where it is
   * @param config size and addresses
   * @param features what was negotiated; EVENT_IDX makes room for the event fields
   */
  public SplitRing(GuestMemory memory, QueueConfig config, RingFeatures features) {
    size = config.size();
    descriptors = memory.window(config.descriptorArea(), config.descriptorBytes());
    avail = memory.window(config.driverArea(), config.driverBytes(features));
    used = memory.window(config.deviceArea(), config.deviceBytes(features));
  }

  /**
   * Writes a descriptor.
   *
   * @param index which, 0 to the queue size - 1
   * @param address guest-physical address
   * @param length bytes
   * @param flags {@link dev.virtio4j.queue.DescriptorFlags}
   * @param next the next descriptor's index
   */
  public void descriptor(int index, long address, int length, int flags, int next) {
    descriptors.putLong(16 * index, address);
    descriptors.putLong(16 * index + 8, rest(length, flags, next));
  }

  /** The second half of a descriptor. */
  static long rest(int length, int flags, int next) {
    return Integer.toUnsignedLong(length) | (flags & 0xffffL) << 32 | (long) next << 48;
  }

  /**
   * Writes the available ring's flags.
   *
   * @param flags 1 asks for no interrupts
   */
  public void availFlags(int flags) {
    avail.putShort(FLAGS, (short) flags);
  }

  /**
   * Publishes an available index; everything written before is seen with it.
   *
   * @param index taken modulo 2^16
   */
  public void availIndex(int index) {
    avail.putShortRelease(INDEX, (short) index);
  }

  /**
   * Reads the available index.
   *
   * @return 0 to 65535
   */
  public int availIndex() {
    return avail.getShort(INDEX) & 0xffff;
  }

  /**
   * Writes an entry of the available ring.
   *
   * @param slot taken modulo the queue size
   * @param head the head's index, perhaps past the table
   */
  public void availEntry(int slot, int head) {
    avail.putShort(RING + 2 * (slot & (size - 1)), (short) head);
  }

  /**
   * Writes used_event, with EVENT_IDX.
   *
   * @param index the used entry that is worth an interrupt
   */
  public void usedEvent(int index) {
    avail.putShort(RING + 2 * size, (short) index);
  }

  /**
   * Reads the used ring's flags.
   *
   * @return 1 if the device wants no notifications
   */
  public int usedFlags() {
    return used.getShort(FLAGS) & 0xffff;
  }

  /**
   * Writes the used ring's flags, which are the device's.
   *
   * @param flags any
   */
  public void usedFlags(int flags) {
    used.putShort(FLAGS, (short) flags);
  }

  /**
   * Reads the used index; what the device wrote before it is seen afterwards.
   *
   * @return 0 to 65535
   */
  public int usedIndex() {
    return used.getShortAcquire(INDEX) & 0xffff;
  }

  /**
   * Writes the used index, which is the device's.
   *
   * @param index taken modulo 2^16
   */
  public void usedIndex(int index) {
    used.putShort(INDEX, (short) index);
  }

  /**
   * Reads a used entry's id.
   *
   * @param slot taken modulo the queue size
   * @return the id, unsigned
   */
  public long usedId(int slot) {
    return Integer.toUnsignedLong(used.getInt(RING + 8 * (slot & (size - 1))));
  }

  /**
   * Reads a used entry's length.
   *
   * @param slot taken modulo the queue size
   * @return bytes, unsigned
   */
  public long usedLength(int slot) {
    return Integer.toUnsignedLong(used.getInt(RING + 8 * (slot & (size - 1)) + 4));
  }

  /**
   * Writes a used entry, which is the device's.
   *
   * @param slot taken modulo the queue size
   * @param id any
   * @param length any
   */
  public void usedEntry(int slot, int id, int length) {
    used.putInt(RING + 8 * (slot & (size - 1)), id);
    used.putInt(RING + 8 * (slot & (size - 1)) + 4, length);
  }

  /**
   * Reads avail_event, with EVENT_IDX.
   *
   * @return the available entry that is worth a notification
   */
  public int availEvent() {
    return used.getShort(RING + 8 * size) & 0xffff;
  }

  /** A full fence: earlier stores are seen by the device before later loads are made. */
  public void fence() {
    used.fence();
  }
}
