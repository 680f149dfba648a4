package dev.virtio4j.cli.command;

/** Ends a command with an exit code and one clear error, without a stack trace. */
public final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  /**
   * Makes one.
   *
   * @param exitCode one of {@link ExitCode}
   * @param message what was wrong, where, and what would be right; may have several lines, one a
   *     problem
   */
  public CliException(int exitCode, String message) {
    this(exitCode, message, null);
  }

  /**
   * Makes one.
   *
   * @param exitCode one of {@link ExitCode}
   * @param message what was wrong, where, and what would be right
   * @param cause shown with {@code --verbose} alone; may be null
   */
  public CliException(int exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /**
   * What the process exits with.
   *
   * @return one of {@link ExitCode}
   */
  public int exitCode() {
    return exitCode;
  }
}
