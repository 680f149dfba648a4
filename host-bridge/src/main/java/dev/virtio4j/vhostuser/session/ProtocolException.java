package dev.virtio4j.vhostuser.session;

/** The front-end sent what no front-end may send. Ends its connection, and nothing else. */
final class ProtocolException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param message a sentence that says what was sent, and what would have been right
   */
  ProtocolException(String message) {
    super(message);
  }
}
