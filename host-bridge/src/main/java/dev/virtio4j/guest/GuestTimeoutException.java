package dev.virtio4j.guest;

/** A guest did not boot, or a script in it did not end, before its deadline. */
public final class GuestTimeoutException extends GuestException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message what was waited for, how long, and what the console said last
   */
  public GuestTimeoutException(String message) {
    super(message);
  }
}
