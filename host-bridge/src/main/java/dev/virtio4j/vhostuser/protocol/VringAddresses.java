package dev.virtio4j.vhostuser.protocol;

import java.nio.ByteBuffer;

/**
 * Where a ring's parts are ({@code struct vhost_vring_addr}), in the front-end's own addresses.
 *
 * @param index which ring, unsigned
 * @param flags {@link #F_LOG} or 0
 * @param descriptors descriptor table or packed ring
 * @param used used ring or device event suppression
 * @param available available ring or driver event suppression
 * @param log guest-physical address under which writes to the used ring are logged
 */
public record VringAddresses(
    int index, int flags, long descriptors, long used, long available, long log) {
  /** Bytes on the wire. */
  public static final int BYTES = 40;

  /** VHOST_VRING_F_LOG: writes to the used ring are logged. */
  public static final int F_LOG = 1;

  /**
   * Reads one.
   *
   * @param source in native byte order
   * @return the payload
   */
  public static VringAddresses read(ByteBuffer source) {
    return new VringAddresses(
        source.getInt(),
        source.getInt(),
        source.getLong(),
        source.getLong(),
        source.getLong(),
        source.getLong());
  }

  /**
   * Writes it.
   *
   * @param target in native byte order
   */
  public void write(ByteBuffer target) {
    target.putInt(index).putInt(flags);
    target.putLong(descriptors).putLong(used).putLong(available).putLong(log);
  }
}
