package dev.virtio4j.posix;

/** How a file is opened: {@code open(2)}'s flags on Linux. Some differ between machines. */
public final class OpenFlags {
  /** Read only. */
  public static final int O_RDONLY = 0;

  /** Write only. */
  public static final int O_WRONLY = 1;

  /** Read and write. */
  public static final int O_RDWR = 2;

  /** Create it if it is not there. */
  public static final int O_CREAT = 0x40;

  /** Fail if it is there. */
  public static final int O_EXCL = 0x80;

  /** Empty it. */
  public static final int O_TRUNC = 0x200;

  /** Never wait. */
  public static final int O_NONBLOCK = 0x800;

  /** Each write is durable, as if followed by an fdatasync. */
  public static final int O_DSYNC = 0x1000;

  /** Not for child processes. */
  public static final int O_CLOEXEC = 0x80000;

  /** Past the page cache; asks for aligned transfers. */
  public static final int O_DIRECT = Machine.ARM64 ? 0x10000 : 0x4000;

  /** Fail unless it is a directory. */
  public static final int O_DIRECTORY = Machine.ARM64 ? 0x4000 : 0x10000;

  /** Fail if the last component is a symbolic link. */
  public static final int O_NOFOLLOW = Machine.ARM64 ? 0x8000 : 0x20000;

  /** A handle to the place, not to the contents. */
  public static final int O_PATH = 0x200000;

  private OpenFlags() {}
}
