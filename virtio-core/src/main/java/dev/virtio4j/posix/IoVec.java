package dev.virtio4j.posix;

/** {@code struct iovec}: offsets in bytes, 64 bit. */
public final class IoVec {
  /** Bytes of the whole. */
  public static final int SIZE = 16;

  /** void*: where. */
  public static final int IOV_BASE = 0;

  /** size_t: bytes. */
  public static final int IOV_LEN = 8;

  private IoVec() {}
}
