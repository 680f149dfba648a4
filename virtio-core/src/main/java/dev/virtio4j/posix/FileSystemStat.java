package dev.virtio4j.posix;

/** {@code struct statfs} of Linux, 64 bit: offsets in bytes. */
public final class FileSystemStat {
  /** Bytes of the whole. */
  public static final int SIZE = 120;

  /** long: HUGETLBFS_MAGIC and others. */
  public static final int F_TYPE = 0;

  /** long: bytes of a block. */
  public static final int F_BSIZE = 8;

  private FileSystemStat() {}
}
