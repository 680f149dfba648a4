package dev.virtio4j.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A bounds-checked stretch of guest memory with ordered access, for structures that guest and
 * device both write: rings, event suppression areas, dirty logs.
 *
 * <p>Values are little-endian. The plain accessors are opaque: each call is one access, neither
 * repeated nor torn, in no set order with others. The memory order is in the name of the rest. A
 * window outlives no mapping: who opened it drops it before the memory is unmapped.
 */
public abstract sealed class MemoryWindow {
  private final long guestAddress;
  private final int length;

  private MemoryWindow(long guestAddress, int length) {
    this.guestAddress = guestAddress;
    this.length = length;
  }

  static MemoryWindow open(MemoryRegion region, long address, int length) {
    long offset = address - region.guestAddress();
    if (region instanceof MappedRegion mapped && mapped.slices(offset, length)) {
      return new Mapped(address, mapped.slice(offset, length));
    }
    if (region instanceof AccessorRegion copied) {
      return new Copied(address, length, copied, offset);
    }
    throw new GuestMemoryException(
        "window too long to be mapped at once: address=0x%x length=0x%x"
            .formatted(address, length));
  }

  /**
   * Where the window begins.
   *
   * @return its guest-physical address, unsigned
   */
  public final long guestAddress() {
    return guestAddress;
  }

  /**
   * How long it is.
   *
   * @return bytes
   */
  public final int length() {
    return length;
  }

  /**
   * Loads 16 bits, opaque.
   *
   * @param offset bytes from the window's start; the address must be even
   * @return the value
   */
  public abstract short getShort(int offset);

  /**
   * Loads 32 bits, opaque.
   *
   * @param offset bytes from the window's start; the address must be a multiple of 4
   * @return the value
   */
  public abstract int getInt(int offset);

  /**
   * Loads 64 bits, opaque.
   *
   * @param offset bytes from the window's start; the address must be a multiple of 8
   * @return the value
   */
  public abstract long getLong(int offset);

  /**
   * Stores 16 bits, opaque.
   *
   * @param offset bytes from the window's start; the address must be even
   * @param value the value
   */
  public abstract void putShort(int offset, short value);

  /**
   * Stores 32 bits, opaque.
   *
   * @param offset bytes from the window's start; the address must be a multiple of 4
   * @param value the value
   */
  public abstract void putInt(int offset, int value);

  /**
   * Stores 64 bits, opaque.
   *
   * @param offset bytes from the window's start; the address must be a multiple of 8
   * @param value the value
   */
  public abstract void putLong(int offset, long value);

  /**
   * Loads 16 bits; no later access of this thread is done before it.
   *
   * @param offset bytes from the window's start; the address must be even
   * @return the value
   */
  public abstract short getShortAcquire(int offset);

  /**
   * Stores 16 bits; every earlier access of this thread is done before it.
   *
   * @param offset bytes from the window's start; the address must be even
   * @param value the value
   */
  public abstract void putShortRelease(int offset, short value);

  /** A full fence: earlier stores are seen by the guest before later loads are made. */
  public abstract void fence();

  private static final class Mapped extends MemoryWindow {
    private static final VarHandle SHORT =
        MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT =
        MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
        MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final ByteBuffer buffer;

    Mapped(long guestAddress, ByteBuffer buffer) {
      super(guestAddress, buffer.capacity());
      this.buffer = buffer;
    }

    @Override
    public short getShort(int offset) {
      return (short) SHORT.getOpaque(buffer, offset);
    }

    @Override
    public int getInt(int offset) {
      return (int) INT.getOpaque(buffer, offset);
    }

    @Override
    public long getLong(int offset) {
      return (long) LONG.getOpaque(buffer, offset);
    }

    // An aligned plain store is one access too. VarHandle's stores of 16 bits end the JVM (17 and
    // 25)
    // instead of throwing, while they are interpreted and the file behind the memory was truncated.

    @Override
    public void putShort(int offset, short value) {
      buffer.putShort(offset, value);
    }

    @Override
    public void putInt(int offset, int value) {
      INT.setOpaque(buffer, offset, value);
    }

    @Override
    public void putLong(int offset, long value) {
      LONG.setOpaque(buffer, offset, value);
    }

    @Override
    public short getShortAcquire(int offset) {
      return (short) SHORT.getAcquire(buffer, offset);
    }

    @Override
    public void putShortRelease(int offset, short value) {
      VarHandle.releaseFence();
      buffer.putShort(offset, value);
    }

    @Override
    public void fence() {
      VarHandle.fullFence();
    }
  }

  private static final class Copied extends MemoryWindow {
    private final AccessorRegion region;
    private final long base;

    Copied(long guestAddress, int length, AccessorRegion region, long base) {
      super(guestAddress, length);
      this.region = region;
      this.base = base;
    }

    private long at(int offset, int width) {
      return base + Objects.checkFromIndexSize(offset, width, length());
    }

    @Override
    public short getShort(int offset) {
      return region.getShort(at(offset, 2));
    }

    @Override
    public int getInt(int offset) {
      return region.getInt(at(offset, 4));
    }

    @Override
    public long getLong(int offset) {
      return region.getLong(at(offset, 8));
    }

    @Override
    public void putShort(int offset, short value) {
      region.putShort(at(offset, 2), value);
    }

    @Override
    public void putInt(int offset, int value) {
      region.putInt(at(offset, 4), value);
    }

    @Override
    public void putLong(int offset, long value) {
      region.putLong(at(offset, 8), value);
    }

    @Override
    public short getShortAcquire(int offset) {
      return region.accessor().getShortAcquire(at(offset, 2));
    }

    @Override
    public void putShortRelease(int offset, short value) {
      region.accessor().putShortRelease(at(offset, 2), value);
    }

    @Override
    public void fence() {
      region.accessor().fence();
    }
  }
}
