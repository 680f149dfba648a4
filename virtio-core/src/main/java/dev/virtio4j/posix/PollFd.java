package dev.virtio4j.posix;

/** {@code struct pollfd}: offsets in bytes. */
public final class PollFd {
  /** Bytes of the whole. */
  public static final int SIZE = 8;

  /** int. */
  public static final int FD = 0;

  /** short: what is asked for. */
  public static final int EVENTS = 4;

  /** short: what there is. */
  public static final int REVENTS = 6;

  private PollFd() {}
}
