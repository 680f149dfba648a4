package dev.virtio4j.vhostuser.protocol;

import java.nio.ByteBuffer;

/**
 * The payload of SET_LOG_BASE.
 *
 * @param size bytes of the log, unsigned
 * @param mmapOffset where it begins in its file, unsigned
 */
public record LogDescription(long size, long mmapOffset) {
  /** Bytes on the wire. */
  public static final int BYTES = 16;

  /** VHOST_LOG_PAGE: the bytes of guest memory that one bit of the log stands for. */
  public static final int PAGE = 0x1000;

  /**
   * Reads one.
   *
   * @param source in native byte order
   * @return the payload
   */
  public static LogDescription read(ByteBuffer source) {
    return new LogDescription(source.getLong(), source.getLong());
  }

  /**
   * Writes it.
   *
   * @param target in native byte order
   */
  public void write(ByteBuffer target) {
    target.putLong(size).putLong(mmapOffset);
  }
}
