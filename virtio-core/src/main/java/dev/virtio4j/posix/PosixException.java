package dev.virtio4j.posix;

/** A system call failed, away from the data path. */
public final class PosixException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /**
   * Makes one.
   *
   * @param message what was tried, with the error's own words
   * @param errno the error number
   */
  public PosixException(String message, int errno) {
    super(message);
    this.errno = errno;
  }

  /**
   * Which error.
   *
   * @return the errno value
   */
  public int errno() {
    return errno;
  }
}
