package dev.virtio4j.vhostuser.client;

import dev.virtio4j.posix.DescriptorMessages;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.PollEvents;
import dev.virtio4j.posix.PollFd;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.posix.Sockets;
import dev.virtio4j.posix.UnixSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A connected Unix stream socket that carries bytes and descriptors, where every wait has an end.
 * Used by one thread.
 */
final class FrontEndSocket implements AutoCloseable {
  private static final int DATA_BYTES = 16384;
  private static final int OTHER = PollFd.SIZE;

  private final Fd fd;
  private final DescriptorMessages messages = new DescriptorMessages(Sockets.SCM_MAX_FD);
  private final ByteBuffer data = NativeMemory.allocate(DATA_BYTES, 8);
  private final ByteBuffer poll = NativeMemory.allocate(2 * PollFd.SIZE, 8);

  private FrontEndSocket(Fd fd) {
    this.fd = fd;
    Fd.nonBlocking(fd.value());
  }

  static FrontEndSocket adopt(Fd fd) {
    return new FrontEndSocket(fd);
  }

  static FrontEndSocket connect(Path path, Duration timeout) {
    try {
      return new FrontEndSocket(UnixSocket.connect(path, timeout));
    } catch (PosixException e) {
      throw new BackEndException("No back-end can be reached: " + e.getMessage(), e);
    }
  }

  int descriptor() {
    return fd.value();
  }

  /** Sends all bytes; the descriptors go with the first of them. */
  void send(byte[] bytes, int[] descriptors, long deadline) {
    int sent = 0;
    do {
      int length = Math.min(bytes.length - sent, DATA_BYTES);
      data.put(0, bytes, sent, length);
      int[] with = sent == 0 ? descriptors : new int[0];
      long n = messages.send(fd.value(), NativeMemory.address(data), length, with);
      if (n >= 0) {
        sent += (int) n;
      } else if (n == -Errno.EAGAIN) {
        await(PollEvents.POLLOUT, deadline, "take a message");
      } else if (n != -Errno.EINTR) {
        throw new BackEndException(
            "The back-end does not take a message: %s".formatted(Errno.text((int) -n)));
      }
    } while (sent < bytes.length);
  }

  /**
   * Receives what is there, at least one byte, unless the other side hung up.
   *
   * @return bytes, 0 at the end of the stream
   */
  int receive(byte[] target, int offset, int length, List<Fd> descriptors, long deadline) {
    while (true) {
      long room = Math.min(length, DATA_BYTES);
      long n = messages.receive(fd.value(), NativeMemory.address(data), room);
      if (n >= 0) {
        for (int i = 0; i < messages.descriptors(); i++) {
          descriptors.add(messages.take(i));
        }
        data.get(0, target, offset, (int) n);
        return (int) n;
      }
      if (n == -Errno.EAGAIN) {
        await(PollEvents.POLLIN, deadline, "answer");
      } else if (n == -Errno.ECONNRESET) {
        return 0;
      } else if (n != -Errno.EINTR) {
        throw new BackEndException(
            "The back-end's socket cannot be read: %s".formatted(Errno.text((int) -n)));
      }
    }
  }

  /** Waits for readability; false when the deadline passed first. */
  boolean awaitReadable(long deadline) {
    return poll(PollEvents.POLLIN, -1, deadline);
  }

  /**
   * Waits until this or another descriptor can be read.
   *
   * @return a sum of 1 for this and 2 for the other; 0 when the deadline passed first
   */
  int awaitEither(int other, long deadline) {
    if (!poll(PollEvents.POLLIN, other, deadline)) {
      return 0;
    }
    int mine = poll.getShort(PollFd.REVENTS) != 0 ? 1 : 0;
    return mine | (poll.getShort(OTHER + PollFd.REVENTS) != 0 ? 2 : 0);
  }

  /** Whether the other side has closed the connection; does not wait. */
  boolean hungUp() {
    return poll(PollEvents.POLLIN, -1, System.nanoTime())
        && (poll.getShort(PollFd.REVENTS) & PollEvents.POLLHUP) != 0;
  }

  private void await(int events, long deadline, String what) {
    if (!poll(events, -1, deadline)) {
      throw new BackEndException("The back-end did not %s in time".formatted(what));
    }
  }

  private boolean poll(int events, int other, long deadline) {
    while (true) {
      long left = deadline - System.nanoTime();
      int millis = left <= 0 ? 0 : (int) Math.min(left / 1_000_000 + 1, Integer.MAX_VALUE);
      poll.putInt(PollFd.FD, fd.value()).putShort(PollFd.EVENTS, (short) events);
      poll.putShort(PollFd.REVENTS, (short) 0);
      poll.putInt(OTHER + PollFd.FD, other).putShort(OTHER + PollFd.EVENTS, (short) events);
      poll.putShort(OTHER + PollFd.REVENTS, (short) 0);
      int ready = Libc.poll(NativeMemory.address(poll), other < 0 ? 1 : 2, millis);
      if (ready > 0) {
        return true;
      }
      if (ready < 0 && Libc.errno() != Errno.EINTR) {
        Libc.check(ready, "wait for the back-end");
      }
      if (deadline - System.nanoTime() <= 0) {
        return false;
      }
    }
  }

  void shutdownWrite() {
    Libc.check(Libc.shutdown(fd.value(), Sockets.SHUT_WR), "shutdown of a socket");
  }

  @Override
  public void close() {
    messages.close();
    fd.close();
  }
}
