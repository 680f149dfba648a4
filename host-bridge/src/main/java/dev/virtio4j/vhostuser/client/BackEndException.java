package dev.virtio4j.vhostuser.client;

/**
 * The back-end did not do its part: it is not there, it hung up, it did not answer in time, or its
 * answer was not one that the protocol allows.
 */
public final class BackEndException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param message a sentence that names what was asked of the back-end and what came of it
   */
  public BackEndException(String message) {
    super(message);
  }

  /**
   * Makes one.
   *
   * @param message a sentence that names what was asked of the back-end and what came of it
   * @param cause what was thrown below
   */
  public BackEndException(String message, Throwable cause) {
    super(message, cause);
  }
}
