package dev.virtio4j.posix;

/** How one read or write is done: {@code preadv2(2)}'s flags. */
public final class RwFlags {
  /** Poll for completion. */
  public static final int RWF_HIPRI = 1;

  /** This write is durable, as if followed by an fdatasync. */
  public static final int RWF_DSYNC = 2;

  /** This write is durable, with all metadata. */
  public static final int RWF_SYNC = 4;

  /** Fail with EAGAIN rather than wait for a device. */
  public static final int RWF_NOWAIT = 8;

  /** At the end. */
  public static final int RWF_APPEND = 0x10;

  private RwFlags() {}
}
