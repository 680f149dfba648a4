package dev.virtio4j.device;

/** A device's options are wrong, or name something that cannot be opened. */
public final class DeviceOptionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String key;

  /**
   * Makes one.
   *
   * @param key the option that is wrong
   * @param message a sentence: what was wrong, and what would be right
   */
  public DeviceOptionException(String key, String message) {
    super(message);
    this.key = key;
  }

  /**
   * Makes one.
   *
   * @param key the option that is wrong
   * @param message a sentence: what was wrong, and what would be right
   * @param cause what was thrown below
   */
  public DeviceOptionException(String key, String message, Throwable cause) {
    super(message, cause);
    this.key = key;
  }

  /**
   * Which option.
   *
   * @return its key
   */
  public String key() {
    return key;
  }
}
