package dev.virtio4j.posix;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Stream sockets of this machine: connected ones, each owned as an {@link Fd}, and their making.
 */
public final class UnixSocket {
  /** Bytes of a path that fit, without the zero byte. */
  private static final int PATH_MAX = UnixAddress.SIZE - UnixAddress.SUN_PATH - 1;

  private static final long RETRY_NANOS = 2_000_000;

  private UnixSocket() {}

  /**
   * Connects to a listening socket.
   *
   * @param path its socket file
   * @param timeout how long to wait for a place among those whom the listener has not accepted yet
   * @return a socket that never waits
   * @throws PosixException if nobody listens there, or there is no place in time (EAGAIN)
   */
  public static Fd connect(Path path, Duration timeout) {
    ByteBuffer address = address(path);
    long deadline = System.nanoTime() + timeout.toNanos();
    Fd socket = stream(Sockets.SOCK_NONBLOCK);
    while (connect(socket, address) < 0) {
      int errno = Libc.errno();
      boolean passing = errno == Errno.EAGAIN || errno == Errno.EINTR;
      if (!passing || System.nanoTime() - deadline >= 0) {
        socket.close();
        throw new PosixException("connect to " + path + ": " + Errno.text(errno), errno);
      }
      // There is nothing to wait on for a place.
      LockSupport.parkNanos(RETRY_NANOS);
    }
    return socket;
  }

  /**
   * Makes two sockets that are connected to each other, blocking.
   *
   * @return the two
   * @throws PosixException if there is no room
   */
  public static Fd[] pair() {
    ByteBuffer pair = NativeMemory.allocate(8, 8);
    Libc.check(
        Libc.socketpair(
            Sockets.AF_UNIX,
            Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC,
            0,
            NativeMemory.address(pair)),
        "socketpair");
    return new Fd[] {Fd.of(pair.getInt(0)), Fd.of(pair.getInt(4))};
  }

  /**
   * Reads an option of type int.
   *
   * @param descriptor a socket
   * @param option SO_ value of {@link Sockets}
   * @return its value
   * @throws PosixException if it is not a socket or has no such option
   */
  public static int option(int descriptor, int option) {
    ByteBuffer value = NativeMemory.allocate(8, 8);
    value.putInt(4, 4);
    long at = NativeMemory.address(value);
    Libc.check(Libc.getsockopt(descriptor, Sockets.SOL_SOCKET, option, at, at + 4), "getsockopt");
    return value.getInt(0);
  }

  static Fd stream(int flags) {
    return Fd.of(
        Libc.check(
            Libc.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC | flags, 0),
            "socket"));
  }

  static int connect(Fd socket, ByteBuffer address) {
    return Libc.connect(socket.value(), NativeMemory.address(address), UnixAddress.SIZE);
  }

  static ByteBuffer address(Path path) {
    byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > PATH_MAX) {
      throw new PosixException(
          "socket path %s: has %d bytes, must have 1 to %d; use a shorter one"
              .formatted(path, bytes.length, PATH_MAX),
          Errno.ENAMETOOLONG);
    }
    ByteBuffer address = NativeMemory.allocate(UnixAddress.SIZE, 8);
    address.putShort(UnixAddress.SUN_FAMILY, (short) Sockets.AF_UNIX);
    address.put(UnixAddress.SUN_PATH, bytes);
    return address;
  }
}
