package dev.virtio4j.posix;

/** {@code struct sock_filter} of Linux, one instruction of a filter: offsets in bytes. */
final class SockFilter {
  /** Bytes of the whole. */
  static final int SIZE = 8;

  /** __u16: see {@link Bpf}. */
  static final int CODE = 0;

  /** __u8: how many instructions to skip if the test holds. */
  static final int JT = 2;

  /** __u8: how many to skip if it does not. */
  static final int JF = 3;

  /** __u32: operand. */
  static final int K = 4;

  private SockFilter() {}
}
