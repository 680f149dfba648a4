package dev.virtio4j.posix;

/** {@code ptrace(2)} on Linux, x86-64: requests and sets of registers. */
public final class Ptrace {
  /** The system call's number. */
  public static final int SYS_PTRACE = 101;

  /** Reads a set of registers. */
  public static final int PTRACE_GETREGSET = 0x4204;

  /** Writes a set of registers. */
  public static final int PTRACE_SETREGSET = 0x4205;

  /** The set of all that XSAVE keeps: x87, SSE, AVX, AMX and so on. */
  public static final int NT_X86_XSTATE = 0x202;

  private Ptrace() {}
}
