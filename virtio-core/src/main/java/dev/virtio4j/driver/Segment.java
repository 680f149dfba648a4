package dev.virtio4j.driver;

/**
 * One contiguous part of a request.
 *
 * @param address guest-physical address of its first byte
 * @param length bytes, unsigned
 * @param writable whether the device writes it; otherwise the device reads it
 */
public record Segment(long address, int length, boolean writable) {
  /**
   * A part that the device reads.
   *
   * @param address guest-physical address
   * @param length bytes, unsigned
   * @return the segment
   */
  public static Segment readable(long address, int length) {
    return new Segment(address, length, false);
  }

  /**
   * A part that the device writes.
   *
   * @param address guest-physical address
   * @param length bytes, unsigned
   * @return the segment
   */
  public static Segment writable(long address, int length) {
    return new Segment(address, length, true);
  }
}
