package dev.virtio4j.guest;

/** This host lacks something that a guest needs; the message says what, and how to go on. */
public final class GuestUnavailableException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** What is lacking. */
  public enum Lack {
    /** The host is no Linux on a processor that has packaged guests. */
    HOST,
    /** No {@code apt-get}, {@code apt-cache} or {@code dpkg}. */
    PACKAGE_TOOL,
    /** The package registry was not reached. */
    NETWORK,
    /** The registry was reached and does not have the package. */
    PACKAGE,
    /** A program or file that should be on the host, or in a package, is not there. */
    PROGRAM,
    /** No folder has room for the guest's memory. */
    MEMORY
  }

  /** What is lacking. */
  private final Lack lack;

  /**
   * Creates the exception.
   *
   * @param lack what is lacking
   * @param problem a sentence that says what is lacking
   * @param remedy a sentence that says how to go on
   */
  public GuestUnavailableException(Lack lack, String problem, String remedy) {
    super(problem + " " + remedy);
    this.lack = lack;
  }

  /**
   * Tells what is lacking.
   *
   * @return the kind of lack
   */
  public Lack lack() {
    return lack;
  }
}
