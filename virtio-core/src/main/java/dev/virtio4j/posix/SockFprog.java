package dev.virtio4j.posix;

/** {@code struct sock_fprog} of Linux, 64 bit, a filter: offsets in bytes. */
final class SockFprog {
  /** Bytes of the whole. */
  static final int SIZE = 16;

  /** unsigned short: instructions. */
  static final int LEN = 0;

  /** struct sock_filter*. */
  static final int FILTER = 8;

  private SockFprog() {}
}
