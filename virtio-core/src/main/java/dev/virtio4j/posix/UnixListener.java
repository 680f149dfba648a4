package dev.virtio4j.posix;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A listening stream socket of this machine.
 *
 * <p>A socket file that a dead process left is replaced; one on which somebody listens is an error.
 * Closing removes the socket file if it is still this socket's own.
 */
public final class UnixListener implements AutoCloseable {
  private final Fd fd;
  private final Path path;
  private final long inode;

  private UnixListener(Fd fd, Path path, long inode) {
    this.fd = fd;
    this.path = path;
    this.inode = inode;
  }

  /**
   * Starts to listen.
   *
   * @param path where the socket file is to be
   * @param backlog connections that may wait to be accepted
   * @return a listener that never waits
   * @throws PosixException if the path is taken, too long, or cannot be written
   */
  public static UnixListener listen(Path path, int backlog) {
    ByteBuffer address = UnixSocket.address(path);
    Fd socket = UnixSocket.stream(Sockets.SOCK_NONBLOCK);
    try {
      if (!bind(socket, address, path)) {
        removeStale(address, path);
        if (!bind(socket, address, path)) {
          throw inUse(path, "another process has just taken it");
        }
      }
      Libc.check(Libc.listen(socket.value(), backlog), "listen on " + path);
      return new UnixListener(socket, path, stat(path).getLong(FileStat.STX_INO));
    } catch (PosixException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Goes on with a socket that somebody else made to listen, such as the parent process.
   *
   * @param fd the listening socket
   * @return a listener that never waits, and removes no file when it is closed
   * @throws PosixException if it is not a listening stream socket of this machine
   */
  public static UnixListener adopt(Fd fd) {
    int descriptor = fd.value();
    if (UnixSocket.option(descriptor, Sockets.SO_DOMAIN) != Sockets.AF_UNIX
        || UnixSocket.option(descriptor, Sockets.SO_TYPE) != Sockets.SOCK_STREAM
        || UnixSocket.option(descriptor, Sockets.SO_ACCEPTCONN) == 0) {
      throw new PosixException(
          "descriptor " + descriptor + " is not a listening Unix stream socket", Errno.EINVAL);
    }
    Fd.nonBlocking(descriptor);
    return new UnixListener(fd, null, 0);
  }

  private static boolean bind(Fd socket, ByteBuffer address, Path path) {
    if (Libc.bind(socket.value(), NativeMemory.address(address), UnixAddress.SIZE) == 0) {
      return true;
    }
    int errno = Libc.errno();
    if (errno == Errno.EADDRINUSE) {
      return false;
    }
    throw new PosixException("listen on " + path + ": " + Errno.text(errno), errno);
  }

  private static void removeStale(ByteBuffer address, Path path) {
    ByteBuffer stat = stat(path);
    int mode = Short.toUnsignedInt(stat.getShort(FileStat.STX_MODE));
    if (stat.getInt(FileStat.STX_MASK) != 0 && (mode & FileMode.S_IFMT) != FileMode.S_IFSOCK) {
      throw inUse(path, "it is a file that is not a socket; move it away or use another path");
    }
    try (Fd probe = UnixSocket.stream(Sockets.SOCK_NONBLOCK)) {
      if (UnixSocket.connect(probe, address) == 0) {
        throw inUse(path, "another process listens there");
      }
      int errno = Libc.errno();
      if (errno == Errno.ECONNREFUSED) {
        int unused = Libc.unlink(Libc.string(path.toString())); // The next bind tells.
      } else if (errno != Errno.ENOENT) {
        throw inUse(
            path, errno == Errno.EAGAIN ? "another process listens there" : Errno.text(errno));
      }
    }
  }

  private static PosixException inUse(Path path, String why) {
    return new PosixException("listen on " + path + ": " + why, Errno.EADDRINUSE);
  }

  /** What is at a path, a link itself; all zero if nothing is. */
  private static ByteBuffer stat(Path path) {
    ByteBuffer stat = NativeMemory.allocate(FileStat.SIZE, 8);
    int unused =
        Libc.statx(
            StatFlags.AT_FDCWD,
            Libc.string(path.toString()),
            StatFlags.AT_SYMLINK_NOFOLLOW,
            StatFlags.STATX_BASIC_STATS,
            NativeMemory.address(stat));
    return stat;
  }

  /**
   * Takes a connection that waits.
   *
   * @return a socket that never waits, not for child processes; null if none waits
   * @throws PosixException if it cannot be taken: EMFILE, ENFILE, ENOMEM; it waits on
   */
  public Fd accept() {
    while (true) {
      int socket = Libc.accept4(fd.value(), 0, 0, Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC);
      if (socket >= 0) {
        return Fd.of(socket);
      }
      int errno = Libc.errno();
      if (errno == Errno.EAGAIN) {
        return null;
      }
      if (errno != Errno.EINTR && errno != Errno.ECONNABORTED) {
        throw new PosixException("accept: " + Errno.text(errno), errno);
      }
    }
  }

  /**
   * The listening socket.
   *
   * @return its descriptor
   */
  public int descriptor() {
    return fd.value();
  }

  @Override
  public void close() {
    if (path != null && stat(path).getLong(FileStat.STX_INO) == inode) {
      int unused = Libc.unlink(Libc.string(path.toString())); // Gone already is as good.
    }
    fd.close();
  }
}
