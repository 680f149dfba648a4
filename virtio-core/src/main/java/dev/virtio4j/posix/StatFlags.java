package dev.virtio4j.posix;

/** {@code statx(2)}'s and {@code fstatfs(2)}'s values. */
public final class StatFlags {
  /** Paths start at the working directory. */
  public static final int AT_FDCWD = -100;

  /** The link itself. */
  public static final int AT_SYMLINK_NOFOLLOW = 0x100;

  /** The descriptor itself. */
  public static final int AT_EMPTY_PATH = 0x1000;

  /** What stat has. */
  public static final int STATX_BASIC_STATS = 0x7FF;

  /** Alignments for O_DIRECT; Linux 6.1. */
  public static final int STATX_DIOALIGN = 0x2000;

  /** A file of huge pages. */
  public static final long HUGETLBFS_MAGIC = 0x958458F6L;

  private StatFlags() {}
}
