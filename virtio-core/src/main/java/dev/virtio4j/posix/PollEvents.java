package dev.virtio4j.posix;

/** Readiness: {@code poll(2)}'s events. */
public final class PollEvents {
  /** Something to read. */
  public static final int POLLIN = 1;

  /** Room to write. */
  public static final int POLLOUT = 4;

  /** An error. */
  public static final int POLLERR = 8;

  /** Hung up. */
  public static final int POLLHUP = 0x10;

  /** Not open. */
  public static final int POLLNVAL = 0x20;

  /** The other side has stopped writing. */
  public static final int POLLRDHUP = 0x2000;

  private PollEvents() {}
}
