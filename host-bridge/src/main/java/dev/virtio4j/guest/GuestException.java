package dev.virtio4j.guest;

import java.io.IOException;

/** A guest could not be made, did not boot, or did not do what it was asked. */
public class GuestException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message what was wrong, and where
   */
  public GuestException(String message) {
    super(message);
  }

  /**
   * Creates the exception.
   *
   * @param message what was wrong, and where
   * @param cause what was thrown below
   */
  public GuestException(String message, Throwable cause) {
    super(message, cause);
  }
}
