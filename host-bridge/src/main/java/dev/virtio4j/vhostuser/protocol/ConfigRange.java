package dev.virtio4j.vhostuser.protocol;

import java.nio.ByteBuffer;

/**
 * What the payloads of GET_CONFIG and SET_CONFIG begin with; the bytes follow.
 *
 * @param offset bytes from the start of the configuration space, unsigned
 * @param size bytes, unsigned
 * @param flags 0 for the guest's own access, 1 for a migration's
 */
public record ConfigRange(int offset, int size, int flags) {
  /** Bytes on the wire. */
  public static final int BYTES = 12;

  /** VHOST_USER_MAX_CONFIG_SIZE: the largest configuration space that QEMU knows. */
  public static final int MAX_SIZE = 256;

  /**
   * Reads one.
   *
   * @param source in native byte order
   * @return the payload's beginning
   */
  public static ConfigRange read(ByteBuffer source) {
    return new ConfigRange(source.getInt(), source.getInt(), source.getInt());
  }

  /**
   * Writes it.
   *
   * @param target in native byte order
   */
  public void write(ByteBuffer target) {
    target.putInt(offset).putInt(size).putInt(flags);
  }
}
