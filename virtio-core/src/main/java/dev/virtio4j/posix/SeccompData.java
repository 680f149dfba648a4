package dev.virtio4j.posix;

/** {@code struct seccomp_data} of Linux, what a seccomp filter looks at: offsets in bytes. */
final class SeccompData {
  /** int: the system call's number. */
  static final int NR = 0;

  /** __u32: AUDIT_ARCH_ of the calling convention. */
  static final int ARCH = 4;

  /** __u64[6]: arguments. */
  static final int ARGS = 16;

  private SeccompData() {}
}
