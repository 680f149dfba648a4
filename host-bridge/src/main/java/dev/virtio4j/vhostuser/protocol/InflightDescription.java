package dev.virtio4j.vhostuser.protocol;

import java.nio.ByteBuffer;

/**
 * The payload of GET_INFLIGHT_FD, its reply, and SET_INFLIGHT_FD.
 *
 * @param mmapSize bytes of the region, unsigned
 * @param mmapOffset where it begins in its file, unsigned
 * @param queues how many queues, 0 to 65535
 * @param queueSize entries of each, 0 to 65535
 */
public record InflightDescription(long mmapSize, long mmapOffset, int queues, int queueSize) {
  /** Bytes of the fields, and of a payload that ends with them. */
  public static final int BYTES = 20;

  /** Bytes of the C struct with its trailing padding, which QEMU sends and expects. */
  public static final int PADDED_BYTES = 24;

  /**
   * Reads one.
   *
   * @param source in native byte order
   * @return the payload
   */
  public static InflightDescription read(ByteBuffer source) {
    return new InflightDescription(
        source.getLong(),
        source.getLong(),
        Short.toUnsignedInt(source.getShort()),
        Short.toUnsignedInt(source.getShort()));
  }

  /**
   * Writes the fields.
   *
   * @param target in native byte order
   */
  public void write(ByteBuffer target) {
    target.putLong(mmapSize).putLong(mmapOffset);
    target.putShort((short) queues).putShort((short) queueSize);
  }
}
