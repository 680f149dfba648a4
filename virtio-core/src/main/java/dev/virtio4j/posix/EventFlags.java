package dev.virtio4j.posix;

/** Event counters: {@code eventfd(2)}'s flags. */
public final class EventFlags {
  /** A read takes one. */
  public static final int EFD_SEMAPHORE = 1;

  /** Never wait. */
  public static final int EFD_NONBLOCK = 0x800;

  /** Not for child processes. */
  public static final int EFD_CLOEXEC = 0x80000;

  private EventFlags() {}
}
