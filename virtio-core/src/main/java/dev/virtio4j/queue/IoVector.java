package dev.virtio4j.queue;

import dev.virtio4j.posix.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A range of guest memory as the kernel takes it: an array of {@code struct iovec} in native
 * memory. Belongs to one chain and is overwritten by the chain's next vector; valid until the chain
 * completes.
 */
public final class IoVector {
  /** {@code sizeof(struct iovec)} of a 64-bit system: a base address, then a length. */
  private static final int ENTRY = 16;

  private static final int INITIAL = 8;

  private ByteBuffer entries;
  private long address;
  private int count;
  private long bytes;
  private long firstBase;
  private long baseBits;
  private long lengthBits;

  IoVector() {}

  void clear() {
    count = 0;
    bytes = 0;
    firstBase = 0;
    baseBits = 0;
    lengthBits = 0;
  }

  void add(long base, long length) {
    if (count == 0) {
      firstBase = base;
    } else {
      if (count == 1) {
        put(0, firstBase, bytes);
      }
      put(count, base, length);
    }
    count++;
    bytes += length;
    baseBits |= base;
    lengthBits |= length;
  }

  /** Lets go of an array of more entries than so many. */
  void shrink(int kept) {
    if (entries != null && entries.capacity() > kept * ENTRY) {
      entries = null;
      address = 0;
      clear();
    }
  }

  private void put(int index, long base, long length) {
    if (entries == null || (index + 1) * ENTRY > entries.capacity()) {
      grow(index + 1);
    }
    entries.putLong(index * ENTRY, base);
    entries.putLong(index * ENTRY + 8, length);
  }

  private void grow(int needed) {
    int capacity = Math.max(INITIAL, Integer.highestOneBit(2 * needed - 1));
    ByteBuffer larger = ByteBuffer.allocateDirect(capacity * ENTRY).order(ByteOrder.nativeOrder());
    if (entries != null) {
      larger.put(0, entries, 0, entries.capacity());
    }
    entries = larger;
    address = NativeMemory.address(larger);
  }

  /**
   * Where the array is; meaningful if there are two entries or more.
   *
   * @return native address of the first {@code struct iovec}
   */
  public long address() {
    return address;
  }

  /**
   * How many entries there are.
   *
   * @return 0 or more
   */
  public int count() {
    return count;
  }

  /**
   * How much they span.
   *
   * @return bytes
   */
  public long bytes() {
    return bytes;
  }

  /**
   * Where the first entry's memory is; with {@link #bytes()} all there is to a vector of one entry.
   *
   * @return native address
   */
  public long firstBase() {
    return firstBase;
  }

  /**
   * Tells whether every entry is aligned, as direct I/O asks for.
   *
   * @param addressAlignment a power of two that every address must be a multiple of
   * @param lengthAlignment a power of two that every length must be a multiple of
   * @return true if all are
   */
  public boolean aligned(int addressAlignment, int lengthAlignment) {
    return (baseBits & (addressAlignment - 1)) == 0 && (lengthBits & (lengthAlignment - 1)) == 0;
  }
}
