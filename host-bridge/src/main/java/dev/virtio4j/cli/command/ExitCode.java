package dev.virtio4j.cli.command;

/** The exit codes of {@code virtio}. */
public final class ExitCode {
  /** Done. */
  public static final int DONE = 0;

  /** It failed, for a reason that the error says. */
  public static final int FAILED = 1;

  /** The command line or a configuration file is wrong. */
  public static final int USAGE = 2;

  /** The host lacks something. */
  public static final int HOST_LACKS = 3;

  /** Data was wrong: what was read is not what was written. */
  public static final int DATA_WRONG = 4;

  private ExitCode() {}
}
