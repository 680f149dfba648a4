package dev.virtio4j.posix;

import com.sun.jna.Native;

/**
 * The C library's calls, bound directly: primitives and native addresses alone, so that a call
 * costs some 50 ns over C's and allocates nothing.
 *
 * <p>What a call returns is what C returns; {@link #errno()} tells why one failed, right after it
 * and on the same thread. Linux on x86-64 and arm64: variadic functions are bound with fixed
 * arguments, which is wrong on macOS arm64.
 */
public final class Libc {
  static {
    Native.register(Libc.class, "c");
  }

  private Libc() {}

  /**
   * Why the last call of this thread failed.
   *
   * @return the errno value; see {@link Errno}
   */
  public static int errno() {
    return Native.getLastError();
  }

  /**
   * Turns a failed call into an exception, off the data path.
   *
   * @param result what the call returned
   * @param what what was tried, such as {@code "open /dev/kvm"}
   * @return the result, if it is not negative
   * @throws PosixException if it is negative
   */
  public static long check(long result, String what) {
    if (result < 0) {
      int errno = errno();
      throw new PosixException(what + ": " + Errno.text(errno), errno);
    }
    return result;
  }

  /**
   * Turns a failed call into an exception, off the data path.
   *
   * @param result what the call returned
   * @param what what was tried
   * @return the result, if it is not negative
   * @throws PosixException if it is negative
   */
  public static int check(int result, String what) {
    return (int) check((long) result, what);
  }

  /**
   * A C string.
   *
   * @param text the text
   * @return its bytes in UTF-8, and a zero byte
   */
  public static byte[] string(String text) {
    return Native.toByteArray(text, "UTF-8");
  }

  /**
   * Closes a descriptor.
   *
   * @param descriptor an open descriptor
   * @return what C returns; -1 if it failed
   */
  public static native int close(int descriptor);

  /**
   * Reads from a descriptor.
   *
   * @param descriptor an open descriptor
   * @param address native address
   * @param length bytes
   * @return what C returns; -1 if it failed
   */
  public static native long read(int descriptor, long address, long length);

  /**
   * Writes to a descriptor.
   *
   * @param descriptor an open descriptor
   * @param address native address
   * @param length bytes
   * @return what C returns; -1 if it failed
   */
  public static native long write(int descriptor, long address, long length);

  /**
   * Reads at an offset.
   *
   * @param descriptor an open descriptor
   * @param address native address
   * @param length bytes
   * @param offset bytes from the start
   * @return what C returns; -1 if it failed
   */
  public static native long pread(int descriptor, long address, long length, long offset);

  /**
   * Writes at an offset.
   *
   * @param descriptor an open descriptor
   * @param address native address
   * @param length bytes
   * @param offset bytes from the start
   * @return what C returns; -1 if it failed
   */
  public static native long pwrite(int descriptor, long address, long length, long offset);

  /**
   * Reads at an offset into several buffers.
   *
   * @param descriptor an open descriptor
   * @param vector native address of struct iovec[]
   * @param count entries
   * @param offset bytes from the start
   * @return what C returns; -1 if it failed
   */
  public static native long preadv(int descriptor, long vector, int count, long offset);

  /**
   * Writes at an offset from several buffers.
   *
   * @param descriptor an open descriptor
   * @param vector native address of struct iovec[]
   * @param count entries
   * @param offset bytes from the start
   * @return what C returns; -1 if it failed
   */
  public static native long pwritev(int descriptor, long vector, int count, long offset);

  /**
   * Reads with RWF_ flags.
   *
   * @param descriptor an open descriptor
   * @param vector native address of struct iovec[]
   * @param count entries
   * @param offset bytes from the start
   * @param flags flags
   * @return what C returns; -1 if it failed
   */
  public static native long preadv2(int descriptor, long vector, int count, long offset, int flags);

  /**
   * Writes with RWF_ flags.
   *
   * @param descriptor an open descriptor
   * @param vector native address of struct iovec[]
   * @param count entries
   * @param offset bytes from the start
   * @param flags flags
   * @return what C returns; -1 if it failed
   */
  public static native long pwritev2(
      int descriptor, long vector, int count, long offset, int flags);

  /**
   * Makes a file's data durable.
   *
   * @param descriptor an open descriptor
   * @return what C returns; -1 if it failed
   */
  public static native int fdatasync(int descriptor);

  /**
   * Allocates, punches or zeroes part of a file.
   *
   * @param descriptor an open descriptor
   * @param mode mode
   * @param offset bytes from the start
   * @param length bytes
   * @return what C returns; -1 if it failed
   */
  public static native int fallocate(int descriptor, int mode, long offset, long length);

  /**
   * Sets a file's length.
   *
   * @param descriptor an open descriptor
   * @param length bytes
   * @return what C returns; -1 if it failed
   */
  public static native int ftruncate(int descriptor, long length);

  /**
   * Moves a descriptor's offset.
   *
   * @param descriptor an open descriptor
   * @param offset bytes from the start
   * @param whence SEEK_ value
   * @return what C returns; -1 if it failed
   */
  public static native long lseek(int descriptor, long offset, int whence);

  /**
   * Opens a file; variadic in C, which fixed arguments match on Linux.
   *
   * @param path a C string
   * @param flags flags
   * @param mode mode
   * @return what C returns; -1 if it failed
   */
  public static native int open(byte[] path, int flags, int mode);

  /**
   * Variadic in C, which fixed arguments match on Linux.
   *
   * @param descriptor an open descriptor
   * @param command F_ command
   * @param argument argument
   * @return what C returns; -1 if it failed
   */
  public static native int fcntl(int descriptor, int command, long argument);

  /**
   * Variadic in C, which fixed arguments match on Linux.
   *
   * @param descriptor an open descriptor
   * @param request request number
   * @param argument argument
   * @return what C returns; -1 if it failed
   */
  public static native int ioctl(int descriptor, long request, long argument);

  /**
   * Maps memory; -1 is failure.
   *
   * @param address native address
   * @param length bytes
   * @param protection PROT_ bits
   * @param flags flags
   * @param descriptor an open descriptor
   * @param offset bytes from the start
   * @return what C returns; -1 if it failed
   */
  public static native long mmap(
      long address, long length, int protection, int flags, int descriptor, long offset);

  /**
   * Unmaps memory.
   *
   * @param address native address
   * @param length bytes
   * @return what C returns; -1 if it failed
   */
  public static native int munmap(long address, long length);

  /**
   * Makes an anonymous file.
   *
   * @param name a C string, for /proc
   * @param flags MFD_ flags
   * @return what C returns; -1 if it failed
   */
  public static native int memfd_create(byte[] name, int flags);

  /**
   * Makes an event counter.
   *
   * @param initial first value
   * @param flags flags
   * @return what C returns; -1 if it failed
   */
  public static native int eventfd(int initial, int flags);

  /**
   * Makes a socket.
   *
   * @param domain AF_ value
   * @param type SOCK_ value
   * @param protocol 0
   * @return what C returns; -1 if it failed
   */
  public static native int socket(int domain, int type, int protocol);

  /**
   * Makes two connected sockets.
   *
   * @param domain AF_ value
   * @param type SOCK_ value
   * @param protocol 0
   * @param pair native address of int[2]
   * @return what C returns; -1 if it failed
   */
  public static native int socketpair(int domain, int type, int protocol, long pair);

  /**
   * Names a socket.
   *
   * @param descriptor an open descriptor
   * @param address native address
   * @param length bytes
   * @return what C returns; -1 if it failed
   */
  public static native int bind(int descriptor, long address, int length);

  /**
   * Listens.
   *
   * @param descriptor an open descriptor
   * @param backlog connections that may wait
   * @return what C returns; -1 if it failed
   */
  public static native int listen(int descriptor, int backlog);

  /**
   * Accepts a connection.
   *
   * @param descriptor a listening socket
   * @param address native address of a struct sockaddr, or 0
   * @param length native address of its socklen_t, or 0
   * @param flags SOCK_NONBLOCK, SOCK_CLOEXEC
   * @return what C returns; -1 if it failed
   */
  public static native int accept4(int descriptor, long address, long length, int flags);

  /**
   * Connects.
   *
   * @param descriptor an open descriptor
   * @param address native address
   * @param length bytes
   * @return what C returns; -1 if it failed
   */
  public static native int connect(int descriptor, long address, int length);

  /**
   * Shuts a connection down.
   *
   * @param descriptor an open descriptor
   * @param how SHUT_ value
   * @return what C returns; -1 if it failed
   */
  public static native int shutdown(int descriptor, int how);

  /**
   * Reads a socket option.
   *
   * @param descriptor an open descriptor
   * @param level SOL_ value
   * @param option SO_ value
   * @param value native address of the value
   * @param length native address of its socklen_t
   * @return what C returns; -1 if it failed
   */
  public static native int getsockopt(
      int descriptor, int level, int option, long value, long length);

  /**
   * Receives a message with descriptors.
   *
   * @param descriptor an open descriptor
   * @param message native address of struct msghdr
   * @param flags flags
   * @return what C returns; -1 if it failed
   */
  public static native long recvmsg(int descriptor, long message, int flags);

  /**
   * Sends a message with descriptors.
   *
   * @param descriptor an open descriptor
   * @param message native address of struct msghdr
   * @param flags flags
   * @return what C returns; -1 if it failed
   */
  public static native long sendmsg(int descriptor, long message, int flags);

  /**
   * Waits for descriptors; milliseconds.
   *
   * @param descriptors native address of struct pollfd[]
   * @param count entries
   * @param timeout milliseconds, -1 for ever
   * @return what C returns; -1 if it failed
   */
  public static native int poll(long descriptors, long count, int timeout);

  /**
   * Has a descriptor mean what another means.
   *
   * @param descriptor an open descriptor
   * @param target the number that is to mean the same, closed before if it is open
   * @return what C returns; -1 if it failed
   */
  public static native int dup2(int descriptor, int target);

  /**
   * Makes a pipe.
   *
   * @param pair native address of int[2]
   * @param flags flags
   * @return what C returns; -1 if it failed
   */
  public static native int pipe2(long pair, int flags);

  /**
   * Any system call; variadic in C, which fixed arguments match on Linux.
   *
   * @param number SYS_ number
   * @param a argument
   * @param b argument
   * @param c argument
   * @param d argument
   * @param e argument
   * @param f argument
   * @return what C returns; -1 if it failed
   */
  public static native long syscall(long number, long a, long b, long c, long d, long e, long f);

  /**
   * A configuration value.
   *
   * @param name _SC_ value
   * @return what C returns; -1 if it failed
   */
  public static native long sysconf(int name);

  /**
   * Tells about a file.
   *
   * @param directory an open directory, AT_FDCWD, or with AT_EMPTY_PATH the file itself
   * @param path a C string
   * @param flags AT_ flags
   * @param mask STATX_ bits
   * @param result native address of struct statx
   * @return what C returns; -1 if it failed
   */
  public static native int statx(int directory, byte[] path, int flags, int mask, long result);

  /**
   * Tells about the file system of an open file.
   *
   * @param descriptor an open descriptor
   * @param result native address of struct statfs
   * @return what C returns; -1 if it failed
   */
  public static native int fstatfs(int descriptor, long result);

  /**
   * Removes a name.
   *
   * @param path a C string
   * @return what C returns; -1 if it failed
   */
  public static native int unlink(byte[] path);

  /**
   * Changes the calling thread; variadic in C, which fixed arguments match on Linux.
   *
   * @param operation PR_ operation
   * @param a argument
   * @param b argument
   * @param c argument
   * @param d argument
   * @return what C returns; -1 if it failed
   */
  public static native int prctl(int operation, long a, long b, long c, long d);
}
