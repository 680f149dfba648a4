package dev.virtio4j.bench;

/** A load does not fit the disk or the back-end that it met. */
public final class LoadException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param message what was wrong, and what would be right
   */
  public LoadException(String message) {
    super(message);
  }
}
