package dev.virtio4j.posix;

/**
 * Filters of system calls: {@code prctl(2)}'s operations and the verdicts of {@code seccomp(2)}.
 */
final class Seccomp {
  /** Programs that are started get no more rights: what lets an ordinary user set a filter. */
  static final int PR_SET_NO_NEW_PRIVS = 38;

  /** Sets a filter. */
  static final int PR_SET_SECCOMP = 22;

  /** The filter is a program. */
  static final int SECCOMP_MODE_FILTER = 2;

  /** The call is made. */
  static final int SECCOMP_RET_ALLOW = 0x7fff0000;

  /** The call fails; the low 16 bits are its errno. */
  static final int SECCOMP_RET_ERRNO = 0x00050000;

  /** The calling convention of 64-bit programs on x86-64. */
  static final long AUDIT_ARCH_X86_64 = 0xc000003eL;

  private Seccomp() {}
}
