package dev.virtio4j.queue;

/** The flags of a descriptor (Virtio 1.4, 2.7.5 and 2.8.1 to 2.8.7). */
public final class DescriptorFlags {
  /** VIRTQ_DESC_F_NEXT: the buffer goes on in another descriptor. */
  public static final int NEXT = 1;

  /** VIRTQ_DESC_F_WRITE: the device may write, not read. */
  public static final int WRITE = 2;

  /** VIRTQ_DESC_F_INDIRECT: the buffer holds a table of descriptors. */
  public static final int INDIRECT = 4;

  /** VIRTQ_DESC_F_AVAIL: equal to the driver's wrap counter when made available (packed). */
  public static final int AVAIL = 1 << 7;

  /** VIRTQ_DESC_F_USED: equal to the device's wrap counter when used (packed). */
  public static final int USED = 1 << 15;

  private DescriptorFlags() {}

  /**
   * Tells whether a packed descriptor was made available and not yet used.
   *
   * @param flags the descriptor's flags
   * @param wrap the driver ring wrap counter at its position
   * @return true if AVAIL matches the counter and USED does not
   */
  public static boolean available(int flags, boolean wrap) {
    return (flags & (AVAIL | USED)) == available(wrap);
  }

  /**
   * The phase bits with which a driver makes a packed descriptor available.
   *
   * @param wrap the driver ring wrap counter
   * @return AVAIL equal to it and USED not
   */
  public static int available(boolean wrap) {
    return wrap ? AVAIL : USED;
  }

  /**
   * The phase bits with which a device marks a packed descriptor used.
   *
   * @param wrap the device ring wrap counter
   * @return both bits equal to it
   */
  public static int used(boolean wrap) {
    return wrap ? AVAIL | USED : 0;
  }
}
