package dev.virtio4j.posix;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** Owns one file descriptor and closes it once. */
public final class Fd implements AutoCloseable {
  private final int value;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Fd(int value) {
    this.value = value;
  }

  /**
   * Takes a descriptor over.
   *
   * @param descriptor an open descriptor that nobody else will close
   * @return its owner
   */
  public static Fd of(int descriptor) {
    if (descriptor < 0) {
      throw new IllegalArgumentException("not a file descriptor: " + descriptor);
    }
    return new Fd(descriptor);
  }

  /**
   * Opens a file, not for child processes.
   *
   * @param path where it is
   * @param flags {@link OpenFlags}
   * @return its owner
   * @throws PosixException if it cannot be opened
   */
  public static Fd open(Path path, int flags) {
    int mode = 0644;
    return of(
        Libc.check(
            Libc.open(Libc.string(path.toString()), flags | OpenFlags.O_CLOEXEC, mode),
            "open " + path));
  }

  /**
   * The descriptor.
   *
   * @return its number
   * @throws IllegalStateException if it has been closed, since the number may be another's by now
   */
  public int value() {
    if (closed.get()) {
      throw new IllegalStateException("descriptor " + value + " has been closed");
    }
    return value;
  }

  /**
   * Another descriptor of the same open file, not for child processes.
   *
   * @return its owner
   * @throws PosixException if there is no room for one
   */
  public Fd duplicate() {
    return duplicate(value());
  }

  /**
   * Another descriptor of the same open file, not for child processes.
   *
   * @param descriptor an open descriptor, which stays its owner's
   * @return the owner of the new one
   * @throws PosixException if there is no room for one
   */
  public static Fd duplicate(int descriptor) {
    return of(
        Libc.check(Libc.fcntl(descriptor, FileControl.F_DUPFD_CLOEXEC, 0), "dup of a descriptor"));
  }

  /**
   * Makes reads and writes of the open file return EAGAIN rather than wait. Needed for whatever the
   * other side sent, before the first write to it.
   *
   * @param descriptor an open descriptor
   * @throws PosixException if it is not open
   */
  public static void nonBlocking(int descriptor) {
    int flags = Libc.check(Libc.fcntl(descriptor, FileControl.F_GETFL, 0), "fcntl F_GETFL");
    if ((flags & OpenFlags.O_NONBLOCK) == 0) {
      Libc.check(
          Libc.fcntl(descriptor, FileControl.F_SETFL, flags | OpenFlags.O_NONBLOCK),
          "fcntl F_SETFL");
    }
  }

  /**
   * Makes reads and writes of the open file wait for as long as they need.
   *
   * @param descriptor an open descriptor
   * @throws PosixException if it is not open
   */
  public static void blocking(int descriptor) {
    int flags = Libc.check(Libc.fcntl(descriptor, FileControl.F_GETFL, 0), "fcntl F_GETFL");
    if ((flags & OpenFlags.O_NONBLOCK) != 0) {
      Libc.check(
          Libc.fcntl(descriptor, FileControl.F_SETFL, flags & ~OpenFlags.O_NONBLOCK),
          "fcntl F_SETFL");
    }
  }

  /** Closes it; a second time does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      int unused = Libc.close(value); // Linux frees the number even when it reports an error.
    }
  }

  @Override
  public String toString() {
    return "Fd[" + value + (closed.get() ? ", closed]" : "]");
  }
}
