package dev.virtio4j.vhostuser.protocol;

/**
 * Which ring a kick, call or err descriptor is for: a number of which bits 0 to 7 are the ring.
 *
 * @param index which ring, 0 to 255
 * @param absent no descriptor comes with the message
 * @param reserved the bits that should be 0
 */
public record VringDescriptor(int index, boolean absent, long reserved) {
  private static final long INDEX = 0xff;

  private static final long NO_DESCRIPTOR = 1 << 8;

  /**
   * Makes one.
   *
   * @param index which ring, 0 to 255
   * @param absent no descriptor comes with the message
   */
  public VringDescriptor(int index, boolean absent) {
    this(index, absent, 0);
  }

  /**
   * Takes the number apart.
   *
   * @param number the payload
   * @return its parts
   */
  public static VringDescriptor of(long number) {
    return new VringDescriptor(
        (int) (number & INDEX), (number & NO_DESCRIPTOR) != 0, number & ~(INDEX | NO_DESCRIPTOR));
  }

  /**
   * The number on the wire.
   *
   * @return the payload
   */
  public long number() {
    return (index & INDEX) | (absent ? NO_DESCRIPTOR : 0) | reserved;
  }
}
