package dev.virtio4j.vhostuser.session;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.IoVec;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.MessageHeader;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.PollEvents;
import dev.virtio4j.posix.PollFd;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.posix.RwFlags;
import dev.virtio4j.posix.Sockets;
import dev.virtio4j.posix.uring.EventSignal;
import java.nio.ByteBuffer;

/**
 * What the front-end is told things through: an eventfd, or a socket or pipe that stands in for one
 * and gets the same eight bytes.
 *
 * <p>A signal never waits. O_NONBLOCK would not see to that, since it belongs to the open file,
 * which the front-end has too and may change at any moment; so each kind is written in a way that
 * does not depend on it. Without io_uring an eventfd is asked for room before each write, which
 * leaves a front-end an instant in which to take it away.
 *
 * <p>Used by one thread at a time.
 */
final class Notifier implements AutoCloseable {
  private static final int VECTOR_AT = 0;
  private static final int HEADER_AT = IoVec.SIZE;
  private static final int POLL_AT = HEADER_AT + MessageHeader.SIZE;
  private static final int NUMBER_AT = POLL_AT + PollFd.SIZE;
  private static final int BYTES = Long.BYTES;

  private final Fd fd;
  private final int descriptor;
  private final DescriptorKind kind;
  private final ByteBuffer memory = NativeMemory.allocate(NUMBER_AT + BYTES, BYTES);
  private final long address = NativeMemory.address(memory);

  /** Adds to an eventfd; null until it is first needed, and without io_uring. */
  private EventSignal event;

  private boolean prepared;

  private Notifier(Fd fd, DescriptorKind kind) {
    this.fd = fd;
    this.descriptor = fd.value();
    this.kind = kind;
    memory.putLong(NUMBER_AT, 1);
    memory.putLong(VECTOR_AT + IoVec.IOV_BASE, address + NUMBER_AT);
    memory.putLong(VECTOR_AT + IoVec.IOV_LEN, BYTES);
    memory.putLong(HEADER_AT + MessageHeader.MSG_IOV, address + VECTOR_AT);
    memory.putLong(HEADER_AT + MessageHeader.MSG_IOVLEN, 1);
    memory.putInt(POLL_AT + PollFd.FD, descriptor);
    memory.putShort(POLL_AT + PollFd.EVENTS, (short) PollEvents.POLLOUT);
  }

  /**
   * Takes a descriptor over, if it can be used.
   *
   * @param fd from the front-end
   * @param what it is for, as in "an interrupt"
   * @return writes to it
   * @throws ProtocolException if it is anything else; it is still the caller's then
   */
  static Notifier of(Fd fd, String what) {
    DescriptorKind kind = DescriptorKind.requireNotifier(fd, what);
    Fd.nonBlocking(fd.value());
    return new Notifier(fd, kind);
  }

  /**
   * Signals. Allocates nothing but the first time.
   *
   * @return whether it is of use any more: false after an error that will not go away. One that is
   *     full wakes the front-end anyway.
   */
  boolean signal() {
    int errno = write();
    return errno == 0 || errno == Errno.EAGAIN || errno == Errno.EINTR;
  }

  private int write() {
    if (kind.isSocket()) {
      int flags = Sockets.MSG_DONTWAIT | Sockets.MSG_NOSIGNAL;
      return error(Libc.sendmsg(descriptor, address + HEADER_AT, flags));
    }
    if (kind.isPipe()) {
      long vector = address + VECTOR_AT;
      int errno = error(Libc.pwritev2(descriptor, vector, 1, -1, RwFlags.RWF_NOWAIT));
      // Linux before 6.5 does not take the flag for pipes.
      return errno == Errno.EOPNOTSUPP ? writeIfThereIsRoom() : errno;
    }
    if (!prepared) {
      prepare();
    }
    return event != null ? event.signal() : writeIfThereIsRoom();
  }

  private void prepare() {
    prepared = true;
    try {
      event = EventSignal.open(fd);
    } catch (PosixException e) {
      // No io_uring here, or not an eventfd, which the write will tell.
      event = null;
    }
  }

  private int writeIfThereIsRoom() {
    int ready = Libc.poll(address + POLL_AT, 1, 0);
    if (ready == 0) {
      return Errno.EAGAIN;
    }
    return ready < 0 ? Libc.errno() : error(Libc.write(descriptor, address + NUMBER_AT, BYTES));
  }

  private static int error(long result) {
    return result < 0 ? Libc.errno() : 0;
  }

  @Override
  public void close() {
    if (event != null) {
      event.close();
    }
    fd.close();
  }
}
