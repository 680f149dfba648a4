package dev.virtio4j.loop;

import dev.virtio4j.memory.MemoryFaults;
import java.lang.System.Logger.Level;

/**
 * One file operation: set up, submitted, completed, and then used again. A request of a device
 * extends it, so that nothing is allocated for the I/O.
 */
public abstract class FileOperation {
  /** What an operation does. */
  public enum Kind {
    /** {@code pread(descriptor, address, length, offset)}. */
    READ,
    /** {@code pwrite(descriptor, address, length, offset)}. */
    WRITE,
    /** {@code preadv2(descriptor, address, length, offset, flags)}; length counts entries. */
    READV,
    /** {@code pwritev2(descriptor, address, length, offset, flags)}; length counts entries. */
    WRITEV,
    /** {@code fdatasync(descriptor)}. */
    DATASYNC,
    /** {@code fallocate(descriptor, flags, offset, bytes)}. */
    FALLOCATE
  }

  private Kind kind;
  private int descriptor;
  private long address;
  private int length;
  private long offset;
  private long bytes;
  private int flags;

  /** Links operations while {@link ThreadFileIo} holds them. */
  FileOperation pendingNext;

  /** Where {@link FileThreads} takes a finished operation. */
  ThreadFileIo pendingOwner;

  /** What came of it, until it is completed. */
  int pendingResult;

  /** Makes an operation that is not set up yet. */
  protected FileOperation() {}

  /**
   * Sets up a read or write.
   *
   * @param newKind {@link Kind#READ}, {@link Kind#WRITE}, {@link Kind#READV} or {@link Kind#WRITEV}
   * @param newDescriptor an open file
   * @param newAddress native address of the bytes, or of the {@code struct iovec} array
   * @param newLength bytes, or entries
   * @param newOffset bytes from the file's start
   * @param newFlags RWF_ flags
   */
  protected final void transfer(
      Kind newKind,
      int newDescriptor,
      long newAddress,
      int newLength,
      long newOffset,
      int newFlags) {
    kind = newKind;
    descriptor = newDescriptor;
    address = newAddress;
    length = newLength;
    offset = newOffset;
    flags = newFlags;
  }

  /**
   * Sets up an fdatasync.
   *
   * @param newDescriptor an open file
   */
  protected final void datasync(int newDescriptor) {
    kind = Kind.DATASYNC;
    descriptor = newDescriptor;
  }

  /**
   * Sets up a fallocate.
   *
   * @param newDescriptor an open file
   * @param mode FALLOC_FL_ flags
   * @param newOffset bytes from the file's start
   * @param newBytes bytes
   */
  protected final void fallocate(int newDescriptor, int mode, long newOffset, long newBytes) {
    kind = Kind.FALLOCATE;
    descriptor = newDescriptor;
    flags = mode;
    offset = newOffset;
    bytes = newBytes;
  }

  /**
   * Called on the loop when the operation is done.
   *
   * @param result what the system call would have returned: 0 or more, or a negative errno
   */
  protected abstract void completed(int result);

  /**
   * {@link #completed} threw, with an {@link InternalError} if a file behind guest memory was
   * truncated. Ends whatever the operation belongs to, and nothing else on the loop.
   *
   * @param cause what it threw
   */
  protected void failed(Throwable cause) {
    System.getLogger(FileOperation.class.getName())
        .log(Level.ERROR, () -> "Completing " + this + " failed", cause);
  }

  /**
   * Completes the operation, for implementations of {@link FileIo}. Throws nothing.
   *
   * @param result 0 or more, or a negative errno
   */
  public final void complete(int result) {
    surfaceEarlier();
    try {
      completed(result);
      MemoryFaults.surface();
    } catch (Throwable e) {
      tell(e);
    }
  }

  /** An error that is due already is that of an access before, and nothing of this operation. */
  private static void surfaceEarlier() {
    try {
      MemoryFaults.surface();
    } catch (InternalError e) {
      System.getLogger(FileOperation.class.getName())
          .log(Level.DEBUG, "An error of guest memory came too late to tell whose it is", e);
    }
  }

  private void tell(Throwable cause) {
    try {
      failed(cause);
    } catch (Throwable e) {
      System.getLogger(FileOperation.class.getName())
          .log(Level.ERROR, () -> this + " failed to fail", e);
    }
  }

  /**
   * What to do.
   *
   * @return the kind
   */
  public final Kind kind() {
    return kind;
  }

  /**
   * Which file.
   *
   * @return an open file descriptor
   */
  public final int descriptor() {
    return descriptor;
  }

  /**
   * Where the data is.
   *
   * @return native address of the bytes or of the iovec array
   */
  public final long address() {
    return address;
  }

  /**
   * How much.
   *
   * @return bytes, or entries of the iovec array
   */
  public final int length() {
    return length;
  }

  /**
   * Where in the file.
   *
   * @return bytes from its start
   */
  public final long offset() {
    return offset;
  }

  /**
   * How much, for {@link Kind#FALLOCATE}.
   *
   * @return bytes
   */
  public final long bytes() {
    return bytes;
  }

  /**
   * How.
   *
   * @return RWF_ flags, or FALLOC_FL_ flags
   */
  public final int flags() {
    return flags;
  }
}
