package dev.virtio4j.vhostuser.client;

import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Mapping;
import dev.virtio4j.posix.MemFd;
import dev.virtio4j.posix.MemoryMap;
import dev.virtio4j.vhostuser.protocol.LogDescription;
import java.nio.ByteBuffer;

/**
 * The log of a migration: one bit for each 4 KiB of guest-physical memory from address 0 on, which
 * the back-end sets when it writes there.
 */
public final class DirtyLogFile implements AutoCloseable {
  private static final long BITS_PER_BYTE = 8;

  private final Fd file;
  private final Mapping mapping;
  private final ByteBuffer bytes;

  private DirtyLogFile(Fd file, Mapping mapping) {
    this.file = file;
    this.mapping = mapping;
    this.bytes = mapping.view(0, Math.toIntExact(mapping.length()));
  }

  /**
   * Makes a log without a mark.
   *
   * @param end the guest-physical address up to which it reaches
   * @return the log
   */
  public static DirtyLogFile upTo(long end) {
    // Whole pages, so that any back-end can map it.
    long perPage = LogDescription.PAGE * BITS_PER_BYTE * LogDescription.PAGE;
    long size = (end + perPage - 1) / perPage * LogDescription.PAGE;
    Fd file = MemFd.create("virtio4j-dirty-log", size);
    try {
      int protection = MemoryMap.PROT_READ | MemoryMap.PROT_WRITE;
      return new DirtyLogFile(file, Mapping.shared(file.value(), 0, size, protection));
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /**
   * The log's file.
   *
   * @return its descriptor, which stays this object's
   */
  public int descriptor() {
    return file.value();
  }

  /**
   * How long it is.
   *
   * @return bytes
   */
  public long size() {
    return mapping.length();
  }

  /**
   * Looks for a mark.
   *
   * @param guestAddress any address in the page
   * @return true if the page is marked
   */
  public boolean dirty(long guestAddress) {
    long page = guestAddress / LogDescription.PAGE;
    return (bytes.get((int) (page / BITS_PER_BYTE)) >> (page % BITS_PER_BYTE) & 1) != 0;
  }

  /**
   * Counts the marks.
   *
   * @return how many pages are marked
   */
  public long dirtyPages() {
    long pages = 0;
    for (int i = 0; i < bytes.capacity(); i++) {
      pages += Integer.bitCount(bytes.get(i) & 0xff);
    }
    return pages;
  }

  @Override
  public void close() {
    mapping.close();
    file.close();
  }
}
