package dev.virtio4j.posix;

/** {@code ioctl(2)} requests of block devices on Linux, 64 bit. */
public final class BlockIoctl {
  /** int: is it read-only? */
  public static final long BLKROGET = 0x125EL;

  /** int: bytes of a logical block. */
  public static final long BLKSSZGET = 0x1268L;

  /** unsigned int: bytes of a physical block. */
  public static final long BLKPBSZGET = 0x127BL;

  /** unsigned int: the smallest good transfer in bytes. */
  public static final long BLKIOMIN = 0x1278L;

  /** unsigned int: the best transfer in bytes, 0 if not known. */
  public static final long BLKIOOPT = 0x1279L;

  /** int: bytes by which the device is out of alignment. */
  public static final long BLKALIGNOFF = 0x127AL;

  /** uint64_t: bytes. */
  public static final long BLKGETSIZE64 = 0x80081272L;

  /** uint64_t[2], offset and length: give the blocks back. */
  public static final long BLKDISCARD = 0x1277L;

  /** uint64_t[2]: erase beyond recovery. */
  public static final long BLKSECDISCARD = 0x127DL;

  /** uint64_t[2]: zeroes. */
  public static final long BLKZEROOUT = 0x127FL;

  private BlockIoctl() {}
}
