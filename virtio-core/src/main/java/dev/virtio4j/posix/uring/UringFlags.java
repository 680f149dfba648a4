package dev.virtio4j.posix.uring;

/** io_uring's numbers, as {@code linux/io_uring.h} has them. */
final class UringFlags {
  /** System call, on every machine. */
  static final int SYS_IO_URING_SETUP = 425;

  /** System call, on every machine. */
  static final int SYS_IO_URING_ENTER = 426;

  /** System call, on every machine. */
  static final int SYS_IO_URING_REGISTER = 427;

  /** The size of the completion ring is given. */
  static final int IORING_SETUP_CQSIZE = 1 << 3;

  /** Sizes that are too large are cut. */
  static final int IORING_SETUP_CLAMP = 1 << 4;

  /** An entry that fails does not stop those after it; Linux 5.18. */
  static final int IORING_SETUP_SUBMIT_ALL = 1 << 7;

  /** No interrupt of the running thread for a completion; Linux 5.19. */
  static final int IORING_SETUP_COOP_TASKRUN = 1 << 8;

  /** SQ_TASKRUN tells that the kernel should be entered; Linux 5.19. */
  static final int IORING_SETUP_TASKRUN_FLAG = 1 << 9;

  /** One thread submits; Linux 6.0. */
  static final int IORING_SETUP_SINGLE_ISSUER = 1 << 12;

  /** Completions are made when the thread enters for events; Linux 6.1. */
  static final int IORING_SETUP_DEFER_TASKRUN = 1 << 13;

  /** Both rings are in one mapping; Linux 5.4. */
  static final int IORING_FEAT_SINGLE_MMAP = 1 << 0;

  /** No completion is lost when the ring is full; Linux 5.5. */
  static final int IORING_FEAT_NODROP = 1 << 1;

  /** What an entry points to (an iovec) may change after submission; Linux 5.5. */
  static final int IORING_FEAT_SUBMIT_STABLE = 1 << 2;

  /** Where to map the rings. */
  static final long IORING_OFF_SQ_RING = 0L;

  /** Where to map the submission entries. */
  static final long IORING_OFF_SQES = 0x10000000L;

  /** Completions wait in the kernel. */
  static final int IORING_SQ_CQ_OVERFLOW = 1 << 1;

  /** Completions wait for the thread to enter. */
  static final int IORING_SQ_TASKRUN = 1 << 2;

  /** No event for completions. */
  static final int IORING_CQ_EVENTFD_DISABLED = 1 << 0;

  /** Make and wait for completions. */
  static final int IORING_ENTER_GETEVENTS = 1 << 0;

  /** An event counter for completions. */
  static final int IORING_REGISTER_EVENTFD = 4;

  /** Which operations are there; Linux 5.6. */
  static final int IORING_REGISTER_PROBE = 8;

  /** This operation is there. */
  static final int IO_URING_OP_SUPPORTED = 1 << 0;

  /** Data only. */
  static final int IORING_FSYNC_DATASYNC = 1 << 0;

  /** Does nothing. */
  static final int IORING_OP_NOP = 0;

  /** preadv2. */
  static final int IORING_OP_READV = 1;

  /** pwritev2. */
  static final int IORING_OP_WRITEV = 2;

  /** fsync or fdatasync. */
  static final int IORING_OP_FSYNC = 3;

  /** fallocate. */
  static final int IORING_OP_FALLOCATE = 17;

  /** pread. */
  static final int IORING_OP_READ = 22;

  /** pwrite. */
  static final int IORING_OP_WRITE = 23;

  private UringFlags() {}
}
