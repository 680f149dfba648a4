package dev.virtio4j.posix;

/** {@code struct flock} of Linux, 64 bit: offsets in bytes. */
public final class FileLock {
  /** Bytes of the whole. */
  public static final int SIZE = 32;

  /** short: F_RDLCK, F_WRLCK or F_UNLCK. */
  public static final int L_TYPE = 0;

  /** short: SEEK_ value. */
  public static final int L_WHENCE = 2;

  /** off_t. */
  public static final int L_START = 8;

  /** off_t: bytes; 0 means to the end. */
  public static final int L_LEN = 16;

  /** pid_t: 0 for open-file-description locks. */
  public static final int L_PID = 24;

  private FileLock() {}
}
