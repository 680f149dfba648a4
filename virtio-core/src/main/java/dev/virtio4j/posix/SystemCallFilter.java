package dev.virtio4j.posix;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Has one system call fail where its arguments have certain values: a seccomp filter, on x86-64.
 * The call's other uses, and all other calls, are made as before.
 *
 * @param systemCall its number
 * @param tests arguments that must all be as given
 * @param errno what the call then fails with; see {@link Errno}
 */
public record SystemCallFilter(int systemCall, List<Argument> tests, int errno) {
  /**
   * Compares one argument.
   *
   * @param index from 0 to 5
   * @param value its low 32 bits
   */
  public record Argument(int index, int value) {
    /**
     * Checks the index.
     *
     * @param index from 0 to 5
     * @param value its low 32 bits
     * @throws IllegalArgumentException if the index is out of range
     */
    public Argument {
      if (index < 0 || index > 5) {
        throw new IllegalArgumentException("an argument's index is from 0 to 5, not " + index);
      }
    }
  }

  /** One instruction; a test that does not hold goes on at the last one. */
  private record Instruction(int code, boolean test, int operand) {}

  /**
   * Copies the tests.
   *
   * @param systemCall its number
   * @param tests arguments that must all be as given
   * @param errno what the call then fails with
   */
  public SystemCallFilter {
    tests = List.copyOf(tests);
  }

  /**
   * Sets the filter for the calling thread and all processes that it starts. It cannot be taken
   * back, and what is started can gain no rights by set-user-id: call it on a thread made for this.
   *
   * @throws PosixException if the kernel does not take it
   */
  public void apply() {
    List<Instruction> program = program();
    ByteBuffer code = NativeMemory.allocate(program.size() * SockFilter.SIZE, Long.BYTES);
    int last = program.size() - 1;
    for (int i = 0; i <= last; i++) {
      Instruction instruction = program.get(i);
      int at = i * SockFilter.SIZE;
      code.putShort(at + SockFilter.CODE, (short) instruction.code());
      code.put(at + SockFilter.JF, (byte) (instruction.test() ? last - i - 1 : 0));
      code.putInt(at + SockFilter.K, instruction.operand());
    }
    ByteBuffer filter = NativeMemory.allocate(SockFprog.SIZE, Long.BYTES);
    filter.putShort(SockFprog.LEN, (short) program.size());
    filter.putLong(SockFprog.FILTER, NativeMemory.address(code));
    Libc.check(Libc.prctl(Seccomp.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl PR_SET_NO_NEW_PRIVS");
    try {
      Libc.check(
          Libc.prctl(
              Seccomp.PR_SET_SECCOMP,
              Seccomp.SECCOMP_MODE_FILTER,
              NativeMemory.address(filter),
              0,
              0),
          "prctl PR_SET_SECCOMP");
    } finally {
      Reference.reachabilityFence(code);
      Reference.reachabilityFence(filter);
    }
  }

  private List<Instruction> program() {
    List<Instruction> program = new ArrayList<>();
    require(program, SeccompData.ARCH, (int) Seccomp.AUDIT_ARCH_X86_64);
    require(program, SeccompData.NR, systemCall);
    for (Argument argument : tests) {
      require(program, SeccompData.ARGS + argument.index() * Long.BYTES, argument.value());
    }
    program.add(verdict(Seccomp.SECCOMP_RET_ERRNO | errno));
    program.add(verdict(Seccomp.SECCOMP_RET_ALLOW));
    return program;
  }

  private static void require(List<Instruction> program, int offset, int value) {
    program.add(new Instruction(Bpf.BPF_LD | Bpf.BPF_W | Bpf.BPF_ABS, false, offset));
    program.add(new Instruction(Bpf.BPF_JMP | Bpf.BPF_JEQ | Bpf.BPF_K, true, value));
  }

  private static Instruction verdict(int value) {
    return new Instruction(Bpf.BPF_RET | Bpf.BPF_K, false, value);
  }
}
