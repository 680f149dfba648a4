package dev.virtio4j.posix.uring;

/** {@code struct io_uring_sqe}: offsets in bytes. */
final class SubmissionEntry {
  /** Bytes of the whole. */
  static final int SIZE = 64;

  /** u8; then flags (u8) and ioprio (u16), both 0 here. */
  static final int OPCODE = 0;

  /** s32. */
  static final int FD = 4;

  /** u64: file offset. */
  static final int OFF = 8;

  /** u64: address, or fallocate's length. */
  static final int ADDR = 16;

  /** u32: bytes, entries, or fallocate's mode. */
  static final int LEN = 24;

  /** u32: RWF_ flags; a union with fsync's flags. */
  static final int RW_FLAGS = 28;

  /** u64: comes back with the completion. */
  static final int USER_DATA = 32;

  private SubmissionEntry() {}
}
