package dev.virtio4j.cli.spec;

/** What a server is asked for at most. */
public final class ServeLimits {
  /** Loops: each is a thread. */
  public static final int MAX_LOOPS = 256;

  /** Microseconds that a loop polls before it sleeps. */
  public static final int MAX_POLL_MICROS = 1_000_000;

  private ServeLimits() {}
}
