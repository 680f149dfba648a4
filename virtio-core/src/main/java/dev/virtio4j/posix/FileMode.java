package dev.virtio4j.posix;

/** What kind of file, in the mode that {@code statx(2)} reports. */
public final class FileMode {
  /** The bits that tell the kind. */
  public static final int S_IFMT = 0xF000;

  /** A socket. */
  public static final int S_IFSOCK = 0xC000;

  /** A plain file. */
  public static final int S_IFREG = 0x8000;

  /** A block device. */
  public static final int S_IFBLK = 0x6000;

  /** A directory. */
  public static final int S_IFDIR = 0x4000;

  /** A character device. */
  public static final int S_IFCHR = 0x2000;

  private FileMode() {}
}
