package dev.virtio4j.guest;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Ptrace;
import dev.virtio4j.posix.SystemCallFilter;
import dev.virtio4j.posix.SystemCallFilter.Argument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Vector registers of User-mode Linux's processes on processors that have more of them than it
 * knows. Before 6.13 it keeps a process's registers in 2696 bytes, and the host takes them back
 * whole or not at all: with AMX, which makes them 11 KiB, init dies of its first page fault.
 *
 * <p>Such a host is made to look as if it had no such set of registers. User-mode Linux then keeps
 * those of x87 and SSE alone, and a page fault loses the others, so the guest's programs may not
 * use them: their C library is told not to, and the programs that init has use them by no other
 * way.
 */
final class UmlVectorState {
  /** For the process of User-mode Linux. */
  static final SystemCallFilter HIDDEN =
      new SystemCallFilter(
          Ptrace.SYS_PTRACE,
          List.of(new Argument(0, Ptrace.PTRACE_GETREGSET), new Argument(2, Ptrace.NT_X86_XSTATE)),
          Errno.EINVAL);

  /** For the kernel's command line, which hands it to init as a variable of the environment. */
  static final String NO_VECTORS =
      "GLIBC_TUNABLES=glibc.cpu.hwcaps="
          + "-AVX,-AVX2,-AVX_Fast_Unaligned_Load,-AVX512F,-AVX512VL,-AVX512BW";

  private static final Pattern RELEASE = Pattern.compile("(\\d+)\\.(\\d+)\\..*");

  private UmlVectorState() {}

  /**
   * Tells whether a kernel cannot keep this host's registers.
   *
   * @param uml the kernel's program
   */
  static boolean isTooLarge(Path uml) throws IOException {
    return hasAmx(Files.readString(Path.of("/proc/cpuinfo")))
        && isFixed(
            HostProgram.run(Path.of("/"), List.of(uml.toString(), "--version"), 10).text().strip());
  }

  /** Whether the flags of {@code /proc/cpuinfo} have AMX. */
  static boolean hasAmx(String cpuinfo) {
    return cpuinfo
        .lines()
        .filter(line -> line.startsWith("flags"))
        .anyMatch(line -> List.of(line.split("\\s+")).contains("amx_tile"));
  }

  /** Whether a release has room for a fixed number of registers. */
  static boolean isFixed(String release) {
    Matcher matcher = RELEASE.matcher(release);
    if (!matcher.matches()) {
      return false;
    }
    int major = Integer.parseInt(matcher.group(1));
    return major < 6 || (major == 6 && Integer.parseInt(matcher.group(2)) < 13);
  }
}
