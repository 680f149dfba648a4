package dev.virtio4j.posix;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** An event counter, which one side writes and the other waits for. */
public final class EventFd implements AutoCloseable {
  /** What is written: eight bytes, never changed. */
  private static final ByteBuffer ONE =
      ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder()).putLong(0, 1);

  private static final long ONE_ADDRESS = NativeMemory.address(ONE);

  private final Fd fd;
  private final int value;

  private EventFd(Fd fd) {
    this.fd = fd;
    this.value = fd.value();
  }

  /**
   * Makes a counter that stands at 0, never waits, and is not for child processes.
   *
   * @return its owner
   * @throws PosixException if there is no room for one
   */
  public static EventFd create() {
    return new EventFd(
        Fd.of(
            Libc.check(
                Libc.eventfd(0, EventFlags.EFD_NONBLOCK | EventFlags.EFD_CLOEXEC), "eventfd")));
  }

  /**
   * Takes a counter over that somebody else made.
   *
   * @param fd its owner until now
   * @return its owner
   */
  public static EventFd of(Fd fd) {
    return new EventFd(fd);
  }

  /**
   * Writes 1 to an event counter, or exactly those eight bytes to a socket or pipe that stands in
   * for one. Allocates nothing.
   *
   * @param descriptor a descriptor that was made non-blocking
   * @return 0, or the error number: EAGAIN from one that is full, so that the other side will wake
   *     anyway
   */
  public static int signal(int descriptor) {
    long written = Libc.write(descriptor, ONE_ADDRESS, 8);
    return written < 0 ? Libc.errno() : 0;
  }

  /**
   * Adds 1.
   *
   * @return 0, or the error number
   */
  public int signal() {
    return signal(value);
  }

  /**
   * Takes what was added since the last time. Allocates, so not for the data path, which need not
   * read: it waits for edges.
   *
   * @return the count, or 0 if nothing was added
   * @throws PosixException if it cannot be read
   */
  public long take() {
    ByteBuffer buffer = NativeMemory.allocate(8, 8);
    if (Libc.read(value, NativeMemory.address(buffer), 8) < 0) {
      int errno = Libc.errno();
      if (errno == Errno.EAGAIN) {
        return 0;
      }
      throw new PosixException("read of an eventfd: " + Errno.text(errno), errno);
    }
    return buffer.order(ByteOrder.nativeOrder()).getLong(0);
  }

  /**
   * The descriptor.
   *
   * @return its number
   */
  public int descriptor() {
    return fd.value();
  }

  @Override
  public void close() {
    fd.close();
  }
}
