package dev.virtio4j.posix;

/** Instructions of the classic Berkeley Packet Filter, of which seccomp filters are made. */
final class Bpf {
  /** Loads into the accumulator. */
  static final int BPF_LD = 0;

  /** 32 bits. */
  static final int BPF_W = 0;

  /** From an offset that the instruction holds. */
  static final int BPF_ABS = 0x20;

  /** Jumps. */
  static final int BPF_JMP = 5;

  /** If the accumulator equals the operand. */
  static final int BPF_JEQ = 0x10;

  /** The operand is in the instruction. */
  static final int BPF_K = 0;

  /** Ends the filter with a verdict. */
  static final int BPF_RET = 6;

  private Bpf() {}
}
