package dev.virtio4j.posix.uring;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.EventFd;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.PosixException;
import java.nio.ByteBuffer;

/**
 * Adds to an event counter that another process shares, and never waits, whatever that process does
 * to it.
 *
 * <p>A write to a counter that stands at its maximum waits unless the open file is non-blocking,
 * which the other process may undo at any moment: the flag belongs to the open file that both
 * share. What the kernel itself adds for a completion of an io_uring never waits. So this is the
 * smallest of rings, whose completions are reported to the counter, and an operation that does
 * nothing, at the cost of about one write more.
 *
 * <p>Used by one thread at a time, and not only by the one that made it. Allocates nothing per
 * signal.
 */
public final class EventSignal implements AutoCloseable {
  private final Ring ring;

  private EventSignal(Ring ring) {
    this.ring = ring;
  }

  /**
   * Makes one.
   *
   * @param event an eventfd; stays its owner's, who may close it
   * @return adds to it
   * @throws PosixException if the host has no io_uring, or the descriptor is not an eventfd
   */
  public static EventSignal open(Fd event) {
    ByteBuffer parameters = NativeMemory.allocate(SetupParameters.SIZE, 8);
    long descriptor =
        Libc.check(
            Libc.syscall(
                UringFlags.SYS_IO_URING_SETUP, 1, NativeMemory.address(parameters), 0, 0, 0, 0),
            "io_uring_setup");
    Fd fd = Fd.of((int) descriptor);
    if ((parameters.getInt(SetupParameters.FEATURES) & UringFlags.IORING_FEAT_SINGLE_MMAP) == 0) {
      fd.close();
      throw new PosixException("io_uring: the kernel is too old", Errno.EOPNOTSUPP);
    }
    Ring ring = new Ring(fd, parameters);
    try {
      ring.register(EventFd.of(event));
    } catch (PosixException e) {
      ring.close();
      throw e;
    }
    return new EventSignal(ring);
  }

  /**
   * Adds 1, or nothing if the counter is full.
   *
   * @return 0, or the error number
   */
  public int signal() {
    if (ring.hasRoom()) {
      ring.add(UringFlags.IORING_OP_NOP, -1, 0, 0, 0, 0, 0);
    }
    int result = ring.enter(0);
    while (ring.hasCompletion()) {
      ring.advance();
    }
    return Math.max(0, -result);
  }

  @Override
  public void close() {
    ring.close();
  }
}
