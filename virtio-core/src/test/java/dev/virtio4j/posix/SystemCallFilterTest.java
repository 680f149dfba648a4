package dev.virtio4j.posix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.posix.SystemCallFilter.Argument;
import dev.virtio4j.testing.HostNeeds;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SystemCallFilterTest {
  private static final int NOBODY = -1;

  private static final SystemCallFilter FILTER =
      new SystemCallFilter(
          Ptrace.SYS_PTRACE,
          List.of(new Argument(0, Ptrace.PTRACE_GETREGSET), new Argument(2, Ptrace.NT_X86_XSTATE)),
          Errno.EINVAL);

  @BeforeEach
  void onlyOnX86() {
    // Another processor is another machine, and lacks nothing.
    HostNeeds.ifThereIs(
        System.getProperty("os.arch").equals("amd64"), "The filter is for x86-64 alone.");
  }

  @Test
  void theCallFailsWhereAllArgumentsAreAsGiven() throws Exception {
    assertThat(onFilteredThread(Ptrace.PTRACE_GETREGSET, Ptrace.NT_X86_XSTATE))
        .isEqualTo(Errno.EINVAL);
  }

  @Test
  void otherArgumentsReachTheKernel() throws Exception {
    assertThat(onFilteredThread(Ptrace.PTRACE_GETREGSET, 1)).isEqualTo(Errno.ESRCH);
    assertThat(onFilteredThread(Ptrace.PTRACE_SETREGSET, Ptrace.NT_X86_XSTATE))
        .isEqualTo(Errno.ESRCH);
  }

  @Test
  void otherThreadsAreLeftAlone() throws Exception {
    onFilteredThread(Ptrace.PTRACE_GETREGSET, Ptrace.NT_X86_XSTATE);
    assertThat(ptrace(Ptrace.PTRACE_GETREGSET, Ptrace.NT_X86_XSTATE)).isEqualTo(Errno.ESRCH);
  }

  private static int onFilteredThread(int request, int set) throws Exception {
    FutureTask<Integer> task =
        new FutureTask<>(
            () -> {
              FILTER.apply();
              return ptrace(request, set);
            });
    new Thread(task, "filtered").start();
    return task.get();
  }

  /** Why the call failed; without a filter there is no such process. */
  private static int ptrace(int request, int set) {
    assertThat(Libc.syscall(Ptrace.SYS_PTRACE, request, NOBODY, set, 0, 0, 0)).isEqualTo(-1);
    return Libc.errno();
  }
}
