package dev.virtio4j.memory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A region that can only be copied in and out. Chains that touch one have no iovec; engines use
 * bounce buffers for them.
 */
public final class AccessorRegion extends MemoryRegion {
  private final MemoryAccessor accessor;
  private final ThreadLocal<ByteBuffer> scratch =
      ThreadLocal.withInitial(() -> ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN));

  /**
   * Describes memory behind an accessor.
   *
   * @param guestAddress guest-physical address of the first byte, unsigned
   * @param size bytes, at least 1
   * @param accessor copies to and from it
   * @throws GuestMemoryException if the range is empty or wraps
   */
  public AccessorRegion(long guestAddress, long size, MemoryAccessor accessor) {
    super(guestAddress, size);
    this.accessor = Objects.requireNonNull(accessor, "accessor");
  }

  MemoryAccessor accessor() {
    return accessor;
  }

  @Override
  public long nativeAddress() {
    return 0;
  }

  private void check(long offset, long length) {
    Objects.checkFromIndexSize(offset, length, size());
  }

  private ByteBuffer load(long offset, int length) {
    check(offset, length);
    ByteBuffer bytes = scratch.get();
    accessor.read(offset, bytes, 0, length);
    return bytes;
  }

  private void store(long offset, ByteBuffer bytes, int length) {
    check(offset, length);
    accessor.write(offset, bytes, 0, length);
  }

  @Override
  public byte getByte(long offset) {
    return load(offset, 1).get(0);
  }

  @Override
  public void putByte(long offset, byte value) {
    store(offset, scratch.get().put(0, value), 1);
  }

  @Override
  public short getShort(long offset) {
    return load(offset, 2).getShort(0);
  }

  @Override
  public int getInt(long offset) {
    return load(offset, 4).getInt(0);
  }

  @Override
  public long getLong(long offset) {
    return load(offset, 8).getLong(0);
  }

  @Override
  public void putShort(long offset, short value) {
    store(offset, scratch.get().putShort(0, value), 2);
  }

  @Override
  public void putInt(long offset, int value) {
    store(offset, scratch.get().putInt(0, value), 4);
  }

  @Override
  public void putLong(long offset, long value) {
    store(offset, scratch.get().putLong(0, value), 8);
  }

  @Override
  public void read(long offset, ByteBuffer target, int index, int length) {
    check(offset, length);
    accessor.read(offset, target, index, length);
  }

  @Override
  public void write(long offset, ByteBuffer source, int index, int length) {
    check(offset, length);
    accessor.write(offset, source, index, length);
  }

  @Override
  public void clear(long offset, long length) {
    check(offset, length);
    for (long done = 0; done < length; ) {
      int n = (int) Math.min(length - done, Zeroes.LENGTH);
      accessor.write(offset + done, Zeroes.BUFFER, 0, n);
      done += n;
    }
  }
}
