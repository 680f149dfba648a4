package dev.virtio4j.blk.io;

import dev.virtio4j.posix.BlockIoctl;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.FileMode;
import dev.virtio4j.posix.FileStat;
import dev.virtio4j.posix.FileSystemStat;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.OpenFlags;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.posix.Seek;
import dev.virtio4j.posix.StatFlags;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** An open file or block device of Linux, and what the kernel says of it. */
public final class HostFile implements AutoCloseable {
  private static final long TMPFS_MAGIC = 0x0102_1994L;
  private static final long RAMFS_MAGIC = 0x8584_58f6L;

  private static final int DEFAULT_ALIGNMENT = 4096;
  private static final int LARGEST_ALIGNMENT = 65536;

  private final Fd fd;
  private final boolean direct;
  private final boolean blockDevice;
  private final boolean inMemory;
  private final int preferredBlock;
  private final int memoryAlignment;
  private final int offsetAlignment;

  private HostFile(Fd fd, Path path, boolean direct, int leastAlignment) {
    this.fd = fd;
    this.direct = direct;
    ByteBuffer stat = NativeMemory.allocate(FileStat.SIZE, 8);
    int mask = StatFlags.STATX_BASIC_STATS | StatFlags.STATX_DIOALIGN;
    Libc.check(
        Libc.statx(
            fd.value(), Libc.string(""), StatFlags.AT_EMPTY_PATH, mask, NativeMemory.address(stat)),
        "statx " + path);
    int type = stat.getShort(FileStat.STX_MODE) & FileMode.S_IFMT;
    if (type != FileMode.S_IFREG && type != FileMode.S_IFBLK) {
      throw new PosixException(path + " is neither a file nor a block device", Errno.EINVAL);
    }
    blockDevice = type == FileMode.S_IFBLK;
    inMemory = !blockDevice && inMemory(fd.value());
    if (blockDevice) {
      preferredBlock = blockDeviceNumber(BlockIoctl.BLKPBSZGET, 512);
      int logical = blockDeviceNumber(BlockIoctl.BLKSSZGET, 512);
      memoryAlignment = direct ? logical : 1;
      offsetAlignment = direct ? Math.max(logical, leastAlignment) : 1;
    } else {
      preferredBlock = powerOfTwo(stat.getInt(FileStat.STX_BLKSIZE));
      boolean told = (stat.getInt(FileStat.STX_MASK) & StatFlags.STATX_DIOALIGN) != 0;
      int memory = told ? stat.getInt(FileStat.STX_DIO_MEM_ALIGN) : 0;
      int offset = told ? stat.getInt(FileStat.STX_DIO_OFFSET_ALIGN) : 0;
      if (direct && (memory == 0 || offset == 0)) {
        offset = probeAlignment();
        memory = offset;
      }
      memoryAlignment = direct ? memory : 1;
      offsetAlignment = direct ? Math.max(offset, leastAlignment) : 1;
    }
  }

  /**
   * Opens a file that is there.
   *
   * @param path a file or block device
   * @param readOnly not for writing
   * @param direct past the page cache
   * @param leastAlignment of offsets and lengths of direct I/O, if the kernel asks for less; a
   *     power of two
   * @return the open file
   * @throws PosixException if the kernel refuses, or it is something else
   */
  public static HostFile open(Path path, boolean readOnly, boolean direct, int leastAlignment) {
    int flags =
        (readOnly ? OpenFlags.O_RDONLY : OpenFlags.O_RDWR) | (direct ? OpenFlags.O_DIRECT : 0);
    // Non-blocking, so that a FIFO does not hold the open up. Not for longer: to io_uring it says
    // that what would have to wait is to fail with EAGAIN, or is not to be handed to a thread.
    Fd fd = Fd.open(path, flags | OpenFlags.O_NONBLOCK);
    try {
      HostFile file = new HostFile(fd, path, direct, leastAlignment);
      Fd.blocking(fd.value());
      return file;
    } catch (RuntimeException | Error e) {
      fd.close();
      throw e;
    }
  }

  private static boolean inMemory(int file) {
    ByteBuffer stat = NativeMemory.allocate(FileSystemStat.SIZE, 8);
    if (Libc.fstatfs(file, NativeMemory.address(stat)) < 0) {
      return false;
    }
    long type = stat.getLong(FileSystemStat.F_TYPE) & 0xffff_ffffL;
    return type == TMPFS_MAGIC || type == RAMFS_MAGIC || type == StatFlags.HUGETLBFS_MAGIC;
  }

  private int blockDeviceNumber(long request, int fallback) {
    ByteBuffer number = NativeMemory.allocate(8, 8);
    int result = Libc.ioctl(fd.value(), request, NativeMemory.address(number));
    int value = result < 0 ? 0 : number.getInt(0);
    return value <= 0 ? fallback : powerOfTwo(value);
  }

  private static int powerOfTwo(int value) {
    return value <= 512 ? 512 : Integer.highestOneBit(value);
  }

  /** What the kernel does not tell is found by reading: the first length that is not EINVAL. */
  private int probeAlignment() {
    ByteBuffer buffer = NativeMemory.allocate(LARGEST_ALIGNMENT, LARGEST_ALIGNMENT);
    long address = NativeMemory.address(buffer);
    for (int alignment = 512; alignment <= LARGEST_ALIGNMENT; alignment *= 2) {
      long n = Libc.pread(fd.value(), address, alignment, 0);
      if (n > 0) {
        return alignment;
      }
      if (n == 0 || Libc.errno() != Errno.EINVAL) {
        break; // An empty file answers nothing.
      }
    }
    return DEFAULT_ALIGNMENT;
  }

  /**
   * The descriptor.
   *
   * @return an open file descriptor
   */
  public int descriptor() {
    return fd.value();
  }

  /**
   * Tells whether I/O goes past the page cache.
   *
   * @return true for O_DIRECT
   */
  public boolean direct() {
    return direct;
  }

  /**
   * Tells whether it is a block device.
   *
   * @return false for a file
   */
  public boolean blockDevice() {
    return blockDevice;
  }

  /**
   * Tells whether the file lies in memory, so that no call waits for a disk.
   *
   * @return true on tmpfs and its like
   */
  public boolean inMemory() {
    return inMemory;
  }

  /**
   * The unit of storage.
   *
   * @return bytes: the file system's block, or the device's physical block
   */
  public int preferredBlock() {
    return preferredBlock;
  }

  /**
   * What buffers' addresses must be multiples of.
   *
   * @return bytes, a power of two; 1 unless direct
   */
  public int memoryAlignment() {
    return memoryAlignment;
  }

  /**
   * What offsets and lengths must be multiples of.
   *
   * @return bytes, a power of two; 1 unless direct
   */
  public int offsetAlignment() {
    return offsetAlignment;
  }

  /**
   * How long it is now.
   *
   * @return bytes
   */
  public long size() {
    return Libc.check(Libc.lseek(fd.value(), 0, Seek.SEEK_END), "lseek");
  }

  /**
   * Sets the length of a file.
   *
   * @param bytes the new length
   */
  public void truncate(long bytes) {
    Libc.check(Libc.ftruncate(fd.value(), bytes), "ftruncate to " + bytes + " bytes");
  }

  /** Makes its data durable; may block. */
  public void sync() {
    Libc.check(Libc.fdatasync(fd.value()), "fdatasync");
  }

  @Override
  public void close() {
    fd.close();
  }
}
