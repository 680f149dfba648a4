package dev.virtio4j.posix;

/**
 * {@code struct statx} of Linux: offsets in bytes. The same on every machine, as {@code struct
 * stat} is not.
 */
public final class FileStat {
  /** Bytes of the whole. */
  public static final int SIZE = 256;

  /** u32: what is filled in. */
  public static final int STX_MASK = 0;

  /** u32: a good transfer in bytes. */
  public static final int STX_BLKSIZE = 4;

  /** u32. */
  public static final int STX_UID = 20;

  /** u32. */
  public static final int STX_GID = 24;

  /** u16: kind and permissions. */
  public static final int STX_MODE = 28;

  /** u64. */
  public static final int STX_INO = 32;

  /** u64: bytes. */
  public static final int STX_SIZE = 40;

  /** u64: allocated, in units of 512 bytes. */
  public static final int STX_BLOCKS = 48;

  /** u32. */
  public static final int STX_RDEV_MAJOR = 128;

  /** u32. */
  public static final int STX_RDEV_MINOR = 132;

  /** u32. */
  public static final int STX_DEV_MAJOR = 136;

  /** u32. */
  public static final int STX_DEV_MINOR = 140;

  /** u32: alignment of memory for O_DIRECT, 0 if it is not possible. */
  public static final int STX_DIO_MEM_ALIGN = 152;

  /** u32: alignment of file offsets for O_DIRECT. */
  public static final int STX_DIO_OFFSET_ALIGN = 156;

  private FileStat() {}
}
