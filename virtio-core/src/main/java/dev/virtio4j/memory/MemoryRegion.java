package dev.virtio4j.memory;

import java.nio.ByteBuffer;

/**
 * One contiguous stretch of guest-physical addresses.
 *
 * <p>Offsets count bytes from the region's first. Multi-byte accesses are little-endian, as every
 * structure of Virtio 1.x is (Virtio 1.4, 1.4). Callers have checked the range: {@link GuestMemory}
 * and {@link MemoryWindow} do; an offset outside throws {@link IndexOutOfBoundsException} and never
 * reaches other memory.
 */
public abstract sealed class MemoryRegion permits MappedRegion, AccessorRegion {
  private final long guestAddress;
  private final long size;

  MemoryRegion(long guestAddress, long size) {
    if (size <= 0) {
      throw new GuestMemoryException("a memory region must have a size of 1 byte or more: " + size);
    }
    if (Long.compareUnsigned(guestAddress + (size - 1), guestAddress) < 0) {
      throw new GuestMemoryException(
          "memory region wraps past 2^64: address=0x%x size=0x%x".formatted(guestAddress, size));
    }
    this.guestAddress = guestAddress;
    this.size = size;
  }

  /**
   * Where the guest sees the region.
   *
   * @return the guest-physical address of its first byte, unsigned
   */
  public final long guestAddress() {
    return guestAddress;
  }

  /**
   * How large it is.
   *
   * @return the size in bytes, 1 to 2^63 - 1
   */
  public final long size() {
    return size;
  }

  /**
   * Tells whether a range of guest addresses lies wholly inside.
   *
   * @param address guest-physical address, unsigned
   * @param length bytes, unsigned; 0 asks for the address alone
   * @return true if every byte of it is here
   */
  public final boolean contains(long address, long length) {
    long offset = address - guestAddress;
    // Unsigned: an address below the region becomes a huge offset; length cannot overflow the sum.
    return Long.compareUnsigned(offset, size) < 0
        && Long.compareUnsigned(length, size - offset) <= 0;
  }

  /**
   * The region's address in this process.
   *
   * @return the native address of its first byte, or 0 if it can only be copied
   */
  public abstract long nativeAddress();

  /**
   * Loads 8 bits.
   *
   * @param offset bytes from the region's start
   * @return the value
   */
  public abstract byte getByte(long offset);

  /**
   * Stores 8 bits.
   *
   * @param offset bytes from the region's start
   * @param value the value
   */
  public abstract void putByte(long offset, byte value);

  /**
   * Loads 16 bits, at any alignment.
   *
   * @param offset bytes from the region's start
   * @return the value
   */
  public abstract short getShort(long offset);

  /**
   * Loads 32 bits, at any alignment.
   *
   * @param offset bytes from the region's start
   * @return the value
   */
  public abstract int getInt(long offset);

  /**
   * Loads 64 bits, at any alignment.
   *
   * @param offset bytes from the region's start
   * @return the value
   */
  public abstract long getLong(long offset);

  /**
   * Stores 16 bits, at any alignment.
   *
   * @param offset bytes from the region's start
   * @param value the value
   */
  public abstract void putShort(long offset, short value);

  /**
   * Stores 32 bits, at any alignment.
   *
   * @param offset bytes from the region's start
   * @param value the value
   */
  public abstract void putInt(long offset, int value);

  /**
   * Stores 64 bits, at any alignment.
   *
   * @param offset bytes from the region's start
   * @param value the value
   */
  public abstract void putLong(long offset, long value);

  /**
   * Copies out.
   *
   * @param offset bytes from the region's start
   * @param target where to; its position and limit are left alone
   * @param index first index in {@code target}
   * @param length bytes
   */
  public abstract void read(long offset, ByteBuffer target, int index, int length);

  /**
   * Copies in.
   *
   * @param offset bytes from the region's start
   * @param source where from; its position and limit are left alone
   * @param index first index in {@code source}
   * @param length bytes
   */
  public abstract void write(long offset, ByteBuffer source, int index, int length);

  /**
   * Writes zeroes.
   *
   * @param offset bytes from the region's start
   * @param length bytes
   */
  public abstract void clear(long offset, long length);
}
