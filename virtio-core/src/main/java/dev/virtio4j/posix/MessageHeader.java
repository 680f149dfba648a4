package dev.virtio4j.posix;

/** {@code struct msghdr} of Linux, 64 bit: offsets in bytes. */
public final class MessageHeader {
  /** Bytes of the whole. */
  public static final int SIZE = 56;

  /** void*. */
  public static final int MSG_NAME = 0;

  /** socklen_t. */
  public static final int MSG_NAMELEN = 8;

  /** struct iovec*. */
  public static final int MSG_IOV = 16;

  /** size_t: entries. */
  public static final int MSG_IOVLEN = 24;

  /** void*: struct cmsghdr, and more. */
  public static final int MSG_CONTROL = 32;

  /** size_t: bytes; updated by recvmsg. */
  public static final int MSG_CONTROLLEN = 40;

  /** int: MSG_ flags of what was received. */
  public static final int MSG_FLAGS = 48;

  private MessageHeader() {}
}
