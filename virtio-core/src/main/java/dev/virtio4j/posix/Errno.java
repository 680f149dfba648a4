package dev.virtio4j.posix;

/** Error numbers of Linux, and their words. */
public final class Errno {
  /** Operation not permitted. */
  public static final int EPERM = 1;

  /** No such file or directory. */
  public static final int ENOENT = 2;

  /** No such process. */
  public static final int ESRCH = 3;

  /** Interrupted. */
  public static final int EINTR = 4;

  /** Input/output error. */
  public static final int EIO = 5;

  /** No such device or address. */
  public static final int ENXIO = 6;

  /** Bad file descriptor. */
  public static final int EBADF = 9;

  /** Try again. */
  public static final int EAGAIN = 11;

  /** Out of memory. */
  public static final int ENOMEM = 12;

  /** Permission denied. */
  public static final int EACCES = 13;

  /** Bad address. */
  public static final int EFAULT = 14;

  /** Device or resource busy. */
  public static final int EBUSY = 16;

  /** File exists. */
  public static final int EEXIST = 17;

  /** No such device. */
  public static final int ENODEV = 19;

  /** Not a directory. */
  public static final int ENOTDIR = 20;

  /** Is a directory. */
  public static final int EISDIR = 21;

  /** Invalid argument. */
  public static final int EINVAL = 22;

  /** Too many open files in the system. */
  public static final int ENFILE = 23;

  /** Too many open files. */
  public static final int EMFILE = 24;

  /** Not that kind of device. */
  public static final int ENOTTY = 25;

  /** File too large. */
  public static final int EFBIG = 27;

  /** No space left on device. */
  public static final int ENOSPC = 28;

  /** Read-only file system. */
  public static final int EROFS = 30;

  /** Broken pipe. */
  public static final int EPIPE = 32;

  /** Function not implemented. */
  public static final int ENOSYS = 38;

  /** Not a socket. */
  public static final int ENOTSOCK = 88;

  /** Operation not supported. */
  public static final int EOPNOTSUPP = 95;

  /** Name too long. */
  public static final int ENAMETOOLONG = 36;

  /** Address in use. */
  public static final int EADDRINUSE = 98;

  /** Connection aborted before it was accepted. */
  public static final int ECONNABORTED = 103;

  /** Connection reset by peer. */
  public static final int ECONNRESET = 104;

  /** Connection refused. */
  public static final int ECONNREFUSED = 111;

  /** Timer expired. */
  public static final int ETIME = 62;

  /** Operation cancelled. */
  public static final int ECANCELED = 125;

  private Errno() {}

  /**
   * An error in words.
   *
   * @param errno the error number
   * @return its words and name, or its number where it has none here
   */
  public static String text(int errno) {
    return switch (errno) {
      case EPERM -> "operation not permitted (EPERM)";
      case ENOENT -> "no such file or directory (ENOENT)";
      case ESRCH -> "no such process (ESRCH)";
      case EINTR -> "interrupted (EINTR)";
      case EIO -> "input/output error (EIO)";
      case ENXIO -> "no such device or address (ENXIO)";
      case ENFILE -> "too many open files in the system (ENFILE)";
      case ENAMETOOLONG -> "name too long (ENAMETOOLONG)";
      case ECONNABORTED -> "connection aborted (ECONNABORTED)";
      case EBADF -> "bad file descriptor (EBADF)";
      case EAGAIN -> "try again (EAGAIN)";
      case ENOMEM -> "out of memory (ENOMEM)";
      case EACCES -> "permission denied (EACCES)";
      case EFAULT -> "bad address (EFAULT)";
      case EBUSY -> "device or resource busy (EBUSY)";
      case EEXIST -> "file exists (EEXIST)";
      case ENODEV -> "no such device (ENODEV)";
      case ENOTDIR -> "not a directory (ENOTDIR)";
      case EISDIR -> "is a directory (EISDIR)";
      case EINVAL -> "invalid argument (EINVAL)";
      case EMFILE -> "too many open files (EMFILE)";
      case ENOTTY -> "not that kind of device (ENOTTY)";
      case EFBIG -> "file too large (EFBIG)";
      case ENOSPC -> "no space left on device (ENOSPC)";
      case EROFS -> "read-only file system (EROFS)";
      case EPIPE -> "broken pipe (EPIPE)";
      case ENOSYS -> "function not implemented (ENOSYS)";
      case ENOTSOCK -> "not a socket (ENOTSOCK)";
      case EOPNOTSUPP -> "operation not supported (EOPNOTSUPP)";
      case EADDRINUSE -> "address in use (EADDRINUSE)";
      case ECONNRESET -> "connection reset by peer (ECONNRESET)";
      case ECONNREFUSED -> "connection refused (ECONNREFUSED)";
      case ETIME -> "timer expired (ETIME)";
      case ECANCELED -> "operation cancelled (ECANCELED)";
      default -> "error " + errno;
    };
  }
}
