package dev.virtio4j.posix;

/** {@code fcntl(2)}'s commands and their values on Linux, 64 bit. */
public final class FileControl {
  /** Another descriptor of the same, not for child processes. */
  public static final int F_DUPFD_CLOEXEC = 1030;

  /** The descriptor's flags. */
  public static final int F_GETFD = 1;

  /** Sets the descriptor's flags. */
  public static final int F_SETFD = 2;

  /** Not for child processes. */
  public static final int FD_CLOEXEC = 1;

  /** The open file's flags. */
  public static final int F_GETFL = 3;

  /** Sets the open file's flags. */
  public static final int F_SETFL = 4;

  /** Who holds a conflicting lock. */
  public static final int F_OFD_GETLK = 36;

  /** Locks or unlocks for this open file, without waiting; EAGAIN if another holds it. */
  public static final int F_OFD_SETLK = 37;

  /** Shared. */
  public static final int F_RDLCK = 0;

  /** Exclusive. */
  public static final int F_WRLCK = 1;

  /** None. */
  public static final int F_UNLCK = 2;

  /** Adds seals. */
  public static final int F_ADD_SEALS = 1033;

  /** Which seals. */
  public static final int F_GET_SEALS = 1034;

  /** No more seals. */
  public static final int F_SEAL_SEAL = 1;

  /** Never shorter. */
  public static final int F_SEAL_SHRINK = 2;

  /** Never longer. */
  public static final int F_SEAL_GROW = 4;

  private FileControl() {}
}
