package dev.virtio4j.vhostuser.session;

import dev.virtio4j.memory.DirtyLog;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Mapping;
import dev.virtio4j.posix.MemoryMap;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.vhostuser.protocol.LogDescription;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The front-end's bitmap of guest pages that were written to, a bit a page, which it reads and
 * clears while bits are set (vhost-user, "Migration").
 */
final class MappedDirtyLog implements DirtyLog, AutoCloseable {
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int PAGE_SHIFT = Integer.numberOfTrailingZeros(LogDescription.PAGE);

  /** A bit for each page of 64 TiB; one buffer holds no more. */
  private static final long MAX_BYTES = 1L << 30;

  private final Fd file;
  private final long offset;
  private final Mapping mapping;
  private final ByteBuffer bits;
  private final long pages;

  private MappedDirtyLog(Fd file, long offset, Mapping mapping) {
    this.file = file;
    this.offset = offset;
    this.mapping = mapping;
    this.bits = mapping.view(0, (int) mapping.length());
    this.pages = mapping.length() * Byte.SIZE;
  }

  /**
   * Maps a log.
   *
   * @param description where it is
   * @param file its file, taken over
   */
  static MappedDirtyLog map(LogDescription description, Fd file) {
    boolean done = false;
    try {
      long length = DescriptorKind.requireFile(file, "the dirty log").size();
      long size = description.size();
      long offset = description.mmapOffset();
      if (size <= 0 || size > MAX_BYTES || offset < 0 || offset > length - size) {
        throw new ProtocolException(
            "a dirty log of %s bytes from %s of a file of %d: it must be in the file, and at most %d"
                .formatted(
                    Long.toUnsignedString(size), Long.toUnsignedString(offset), length, MAX_BYTES));
      }
      if (((size | offset) & (Long.BYTES - 1)) != 0) {
        throw new ProtocolException(
            "a dirty log of %d bytes from %d of its file: both must be multiples of %d"
                .formatted(size, offset, Long.BYTES));
      }
      Mapping mapping =
          Mapping.shared(file.value(), offset, size, MemoryMap.PROT_READ | MemoryMap.PROT_WRITE);
      done = true;
      return new MappedDirtyLog(file, offset, mapping);
    } catch (PosixException e) {
      throw new ProtocolException("the dirty log cannot be mapped: " + e.getMessage());
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  /** Whether there is a bit for the page of an address. */
  boolean covers(long guestAddress) {
    return guestAddress >>> PAGE_SHIFT < pages;
  }

  @Override
  public void mark(long guestAddress, long length) {
    long page = guestAddress >>> PAGE_SHIFT;
    // The range is in guest memory, all of which the log covers: see covers().
    long last = Math.min((guestAddress + (length - 1)) >>> PAGE_SHIFT, pages - 1);
    for (; page <= last; page++) {
      int at = (int) (page >>> 6) << 3;
      long bit = 1L << page;
      // Most pages were marked already; a look is cheaper than a locked or. Pairs with the
      // front-end's exchange with 0: if it took the bit meanwhile, it reads the page after that.
      VarHandle.fullFence();
      if (((long) LONG.getOpaque(bits, at) & bit) == 0) {
        // 64 bits wide: if the front-end has truncated the file, narrower ones end the JVM.
        long unused = (long) LONG.getAndBitwiseOr(bits, at, bit);
      }
    }
  }

  boolean shrunk() {
    return DescriptorKind.of(file).size() - offset < mapping.length();
  }

  @Override
  public void close() {
    mapping.close();
    file.close();
  }
}
