package dev.virtio4j.posix.uring;

/**
 * {@code struct io_uring_probe}: offsets in bytes. Entries of 8 bytes follow; the u16 at 2 of each
 * holds its flags.
 */
final class Probe {
  /** Bytes of the whole. */
  static final int SIZE = 16;

  /** u8: out, entries. */
  static final int OPS_LEN = 1;

  private Probe() {}
}
