package dev.virtio4j.blk;

import dev.virtio4j.posix.Errno;

/** Kinds of failure, as they are counted. */
enum BlockError {
  /** The driver asked for something impossible. */
  DRIVER("driver"),
  /** The driver asked for something that the device does not have. */
  UNSUPPORTED("unsupported"),
  /** The host's storage failed. */
  IO("io"),
  /** The host's storage is full. */
  NO_SPACE("no_space");

  private static final int EDQUOT = 122;

  final String label;

  BlockError(String label) {
    this.label = label;
  }

  static BlockError ofErrno(int errno) {
    return errno == Errno.ENOSPC || errno == EDQUOT ? NO_SPACE : IO;
  }
}
