package dev.virtio4j.posix.uring;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.PosixException;
import java.nio.ByteBuffer;

/** Makes rings: the best that the kernel has, or a sentence that says why there is none. */
final class RingSetup {
  private static final int NEEDED =
      UringFlags.IORING_FEAT_SINGLE_MMAP
          | UringFlags.IORING_FEAT_NODROP
          | UringFlags.IORING_FEAT_SUBMIT_STABLE;

  private static final int BASE = UringFlags.IORING_SETUP_CQSIZE | UringFlags.IORING_SETUP_CLAMP;

  /** Flags from the newest kernels' to the oldest's; EINVAL leads to the next. */
  private static final int[] CHOICES = {
    BASE
        | UringFlags.IORING_SETUP_SUBMIT_ALL
        | UringFlags.IORING_SETUP_TASKRUN_FLAG
        | UringFlags.IORING_SETUP_SINGLE_ISSUER
        | UringFlags.IORING_SETUP_DEFER_TASKRUN,
    BASE
        | UringFlags.IORING_SETUP_SUBMIT_ALL
        | UringFlags.IORING_SETUP_TASKRUN_FLAG
        | UringFlags.IORING_SETUP_COOP_TASKRUN,
    BASE
  };

  private static final int[] OPERATIONS = {
    UringFlags.IORING_OP_READV,
    UringFlags.IORING_OP_WRITEV,
    UringFlags.IORING_OP_FSYNC,
    UringFlags.IORING_OP_FALLOCATE,
    UringFlags.IORING_OP_READ,
    UringFlags.IORING_OP_WRITE
  };

  private RingSetup() {}

  /**
   * Makes a ring, for the calling thread.
   *
   * @param submissions room for so many submissions, a power of two
   * @param completions room for so many completions, a power of two
   * @throws PosixException if the host has no io_uring, or one that is too old; the message says
   *     why
   */
  static Ring open(int submissions, int completions) {
    int errno = 0;
    for (int flags : CHOICES) {
      ByteBuffer parameters = NativeMemory.allocate(SetupParameters.SIZE, 8);
      parameters.putInt(SetupParameters.FLAGS, flags);
      parameters.putInt(SetupParameters.CQ_ENTRIES, completions);
      long descriptor =
          Libc.syscall(
              UringFlags.SYS_IO_URING_SETUP,
              submissions,
              NativeMemory.address(parameters),
              0,
              0,
              0,
              0);
      if (descriptor >= 0) {
        return checked(Fd.of((int) descriptor), parameters);
      }
      errno = Libc.errno();
      if (errno != Errno.EINVAL) {
        break;
      }
    }
    throw new PosixException("io_uring: " + reason(errno), errno);
  }

  private static Ring checked(Fd fd, ByteBuffer parameters) {
    String missing =
        (parameters.getInt(SetupParameters.FEATURES) & NEEDED) != NEEDED
            ? "rings that lose no completion"
            : missingOperation(fd.value());
    if (missing != null) {
      fd.close();
      throw new PosixException(
          "io_uring: the kernel is too old, it lacks " + missing, Errno.EOPNOTSUPP);
    }
    return new Ring(fd, parameters);
  }

  private static String missingOperation(int descriptor) {
    int count = 64;
    ByteBuffer probe = NativeMemory.allocate(Probe.SIZE + 8 * count, 8);
    long result =
        Libc.syscall(
            UringFlags.SYS_IO_URING_REGISTER,
            descriptor,
            UringFlags.IORING_REGISTER_PROBE,
            NativeMemory.address(probe),
            count,
            0,
            0);
    if (result < 0) {
      return "a list of its operations (" + Errno.text(Libc.errno()) + ")";
    }
    int known = Math.min(count, Byte.toUnsignedInt(probe.get(Probe.OPS_LEN)));
    for (int operation : OPERATIONS) {
      if (operation >= known
          || (probe.getShort(Probe.SIZE + 8 * operation + 2) & UringFlags.IO_URING_OP_SUPPORTED)
              == 0) {
        return "operation " + operation;
      }
    }
    return null;
  }

  private static String reason(int errno) {
    return switch (errno) {
      case Errno.ENOSYS -> "the kernel has none, or a filter (seccomp) hides it";
      case Errno.EPERM ->
          "not permitted: the sysctl kernel.io_uring_disabled or a filter (seccomp) forbids it";
      case Errno.ENOMEM -> "not enough memory, or the limit on locked memory (ulimit -l) is low";
      case Errno.EINVAL -> "the kernel is too old";
      default -> Errno.text(errno);
    };
  }
}
