package dev.virtio4j.posix;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Owns mapped memory and unmaps it once.
 *
 * <p>Any access after {@link #close()} ends the JVM: whoever closes it must know that no buffer
 * over it, no address in it and no system call on it is in use.
 */
public final class Mapping implements AutoCloseable {
  private final long base;
  private final long mapped;
  private final long address;
  private final long length;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Mapping(long base, long mapped, long address, long length) {
    this.base = base;
    this.mapped = mapped;
    this.address = address;
    this.length = length;
  }

  /**
   * Maps part of a file, shared with whoever else has it.
   *
   * @param descriptor an open file, which may be closed afterwards
   * @param offset bytes from its start, of any alignment
   * @param length bytes, at least 1
   * @param protection PROT_ bits of {@link MemoryMap}
   * @return its owner
   * @throws IllegalArgumentException if the range is empty, negative or wraps
   * @throws PosixException if it cannot be mapped
   */
  public static Mapping shared(int descriptor, long offset, long length, int protection) {
    checkRange(offset, length);
    long page = granule(descriptor);
    long before = offset & (page - 1);
    if (length > Long.MAX_VALUE - before - page) {
      throw new IllegalArgumentException("too long to be mapped: " + length + " bytes");
    }
    long mapped = (before + length + page - 1) & -page;
    return map(
        mapped, protection, MemoryMap.MAP_SHARED, descriptor, offset - before, before, length);
  }

  /**
   * Maps zeroed memory of this process alone.
   *
   * @param length bytes, at least 1
   * @return its owner
   * @throws PosixException if there is no room
   */
  public static Mapping anonymous(long length) {
    checkRange(0, length);
    return map(
        length,
        MemoryMap.PROT_READ | MemoryMap.PROT_WRITE,
        MemoryMap.MAP_PRIVATE | MemoryMap.MAP_ANONYMOUS | MemoryMap.MAP_NORESERVE,
        -1,
        0,
        0,
        length);
  }

  private static void checkRange(long offset, long length) {
    if (offset < 0 || length <= 0 || offset > Long.MAX_VALUE - length) {
      throw new IllegalArgumentException(
          "not a range of a file: offset 0x%x, length 0x%x".formatted(offset, length));
    }
  }

  private static Mapping map(
      long mapped, int protection, int flags, int descriptor, long from, long before, long length) {
    long base = Libc.mmap(0, mapped, protection, flags, descriptor, from);
    if (base == MemoryMap.MAP_FAILED) {
      int errno = Libc.errno();
      throw new PosixException(
          "mmap of %d bytes at offset 0x%x: %s".formatted(mapped, from, Errno.text(errno)), errno);
    }
    return new Mapping(base, mapped, base + before, length);
  }

  /** What offsets and lengths must be multiples of: files of huge pages have pages of their own. */
  private static long granule(int descriptor) {
    int page = NativeMemory.pageSize();
    ByteBuffer stat = NativeMemory.allocate(FileSystemStat.SIZE, 8);
    if (Libc.fstatfs(descriptor, NativeMemory.address(stat)) == 0
        && stat.getLong(FileSystemStat.F_TYPE) == StatFlags.HUGETLBFS_MAGIC) {
      return Math.max(page, stat.getLong(FileSystemStat.F_BSIZE));
    }
    return page;
  }

  /**
   * Where it is.
   *
   * @return the native address of the first byte that was asked for
   */
  public long address() {
    return address;
  }

  /**
   * How much.
   *
   * @return bytes that were asked for
   */
  public long length() {
    return length;
  }

  /**
   * A buffer over part of it.
   *
   * @param offset bytes from {@link #address()}
   * @param size bytes, at most 2^31 - 1
   * @return a direct buffer in native byte order; not to be used after {@link #close()}
   * @throws IndexOutOfBoundsException if the range is not inside
   * @throws IllegalStateException if it has been closed
   */
  public ByteBuffer view(long offset, int size) {
    if (closed.get()) {
      throw new IllegalStateException("the mapping has been closed");
    }
    if (offset < 0 || size < 0 || offset > length - size) {
      throw new IndexOutOfBoundsException(
          "offset %d, size %d in a mapping of %d bytes".formatted(offset, size, length));
    }
    return NativeMemory.view(address + offset, size);
  }

  /** Unmaps it; a second time does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      Libc.check(Libc.munmap(base, mapped), "munmap");
    }
  }
}
