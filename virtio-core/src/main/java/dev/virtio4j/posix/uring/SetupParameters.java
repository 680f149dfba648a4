package dev.virtio4j.posix.uring;

/** {@code struct io_uring_params}: offsets in bytes. */
final class SetupParameters {
  /** Bytes of the whole. */
  static final int SIZE = 120;

  /** u32: out. */
  static final int SQ_ENTRIES = 0;

  /** u32: in with CQSIZE, out. */
  static final int CQ_ENTRIES = 4;

  /** u32: in, SETUP_ flags. */
  static final int FLAGS = 8;

  /** u32: out, FEAT_ flags. */
  static final int FEATURES = 20;

  /** u32: where in the ring's mapping. */
  static final int SQ_OFF_HEAD = 40;

  /** u32. */
  static final int SQ_OFF_TAIL = 44;

  /** u32. */
  static final int SQ_OFF_FLAGS = 56;

  /** u32. */
  static final int SQ_OFF_ARRAY = 64;

  /** u32. */
  static final int CQ_OFF_HEAD = 80;

  /** u32. */
  static final int CQ_OFF_TAIL = 84;

  /** u32. */
  static final int CQ_OFF_CQES = 100;

  /** u32; 0 where the kernel has none. */
  static final int CQ_OFF_FLAGS = 104;

  private SetupParameters() {}
}
