package dev.virtio4j.posix.uring;

/** {@code struct io_uring_cqe}: offsets in bytes. */
final class CompletionEntry {
  /** Bytes of the whole. */
  static final int SIZE = 16;

  /** u64: the submission's. */
  static final int USER_DATA = 0;

  /** s32: 0 or more, or a negative errno. */
  static final int RES = 8;

  private CompletionEntry() {}
}
