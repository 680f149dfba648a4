package dev.virtio4j.vhostuser.session;

/**
 * A request that the back-end cannot fulfil. The front-end is told so where it asked for a reply;
 * the connection goes on.
 */
final class RequestRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param message a sentence that says why
   */
  RequestRefusedException(String message) {
    super(message);
  }
}
