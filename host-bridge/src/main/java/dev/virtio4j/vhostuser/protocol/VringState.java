package dev.virtio4j.vhostuser.protocol;

import java.nio.ByteBuffer;

/**
 * A ring's index and a number ({@code struct vhost_vring_state}).
 *
 * @param index which ring, unsigned
 * @param number size, base, 0 or 1, as the request has it; unsigned
 */
public record VringState(int index, int number) {
  /** Bytes on the wire. */
  public static final int BYTES = 8;

  /**
   * Reads one.
   *
   * @param source in native byte order
   * @return the payload
   */
  public static VringState read(ByteBuffer source) {
    return new VringState(source.getInt(), source.getInt());
  }

  /**
   * Writes it.
   *
   * @param target in native byte order
   */
  public void write(ByteBuffer target) {
    target.putInt(index).putInt(number);
  }
}
