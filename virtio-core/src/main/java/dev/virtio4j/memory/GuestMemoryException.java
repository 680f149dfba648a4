package dev.virtio4j.memory;

/**
 * Guest memory was addressed where none is, or could not be reached.
 *
 * <p>Thrown at set-up and by the checked accessors of {@link GuestMemory}; the data path asks
 * first, and is answered with a status.
 */
public final class GuestMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param message a sentence that names the addresses
   */
  public GuestMemoryException(String message) {
    super(message);
  }
}
