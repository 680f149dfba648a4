package dev.virtio4j.vhostuser;

/**
 * A request that the back-end cannot fulfil. The front-end is told so where it asked for a reply
 * (vhost-user, VHOST_USER_PROTOCOL_F_REPLY_ACK); the connection goes on.
 */
public final class RequestRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param message a sentence that says why, for the log
   */
  public RequestRefusedException(String message) {
    super(message);
  }
}
