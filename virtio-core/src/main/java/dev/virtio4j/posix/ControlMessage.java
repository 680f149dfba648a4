package dev.virtio4j.posix;

/**
 * {@code struct cmsghdr} of Linux, 64 bit: offsets in bytes. Data follows at SIZE; the next starts
 * at a multiple of 8.
 */
public final class ControlMessage {
  /** Bytes of the whole. */
  public static final int SIZE = 16;

  /** size_t: bytes of this header and its data. */
  public static final int CMSG_LEN = 0;

  /** int. */
  public static final int CMSG_LEVEL = 8;

  /** int. */
  public static final int CMSG_TYPE = 12;

  private ControlMessage() {}
}
