package dev.virtio4j.vhostuser.protocol;

import java.nio.ByteBuffer;

/**
 * One region of the guest's memory.
 *
 * @param guestAddress guest-physical address, unsigned
 * @param size bytes, unsigned
 * @param userAddress the front-end's own address of it, unsigned; ring addresses refer to these
 * @param mmapOffset where it begins in its file, unsigned
 */
public record MemoryRegionDescription(
    long guestAddress, long size, long userAddress, long mmapOffset) {
  /** Bytes on the wire. */
  public static final int BYTES = 32;

  /**
   * Reads one.
   *
   * @param source in native byte order
   * @return the payload
   */
  public static MemoryRegionDescription read(ByteBuffer source) {
    return new MemoryRegionDescription(
        source.getLong(), source.getLong(), source.getLong(), source.getLong());
  }

  /**
   * Writes it.
   *
   * @param target in native byte order
   */
  public void write(ByteBuffer target) {
    target.putLong(guestAddress).putLong(size).putLong(userAddress).putLong(mmapOffset);
  }
}
