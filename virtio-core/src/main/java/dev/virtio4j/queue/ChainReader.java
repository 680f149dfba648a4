package dev.virtio4j.queue;

import java.nio.ByteBuffer;

/**
 * Reads the device-readable part of a chain, across segment borders; how the driver cut the request
 * into descriptors means nothing (Virtio 1.4, 2.7.4). Numbers are little-endian.
 *
 * <p>The guest can still write this memory: what was read and checked is used, not read again.
 */
public final class ChainReader extends ChainCursor {
  ChainReader(BufferChain chain) {
    super(chain);
  }

  @Override
  int first() {
    return 0;
  }

  @Override
  int end() {
    return chain.readableSegments();
  }

  @Override
  long size() {
    return chain.readableBytes();
  }

  /**
   * Reads 8 bits.
   *
   * @return the value
   * @throws IndexOutOfBoundsException at the end
   */
  public byte readByte() {
    require(1);
    byte value = region().getByte(offset());
    advance(1);
    return value;
  }

  /**
   * Reads 16 bits.
   *
   * @return the value
   * @throws IndexOutOfBoundsException if fewer than 2 bytes remain
   */
  public short readShort() {
    require(2);
    if (contiguous(2)) {
      short value = region().getShort(offset());
      advance(2);
      return value;
    }
    return (short) pieces(2);
  }

  /**
   * Reads 32 bits.
   *
   * @return the value
   * @throws IndexOutOfBoundsException if fewer than 4 bytes remain
   */
  public int readInt() {
    require(4);
    if (contiguous(4)) {
      int value = region().getInt(offset());
      advance(4);
      return value;
    }
    return (int) pieces(4);
  }

  /**
   * Reads 64 bits.
   *
   * @return the value
   * @throws IndexOutOfBoundsException if fewer than 8 bytes remain
   */
  public long readLong() {
    require(8);
    if (contiguous(8)) {
      long value = region().getLong(offset());
      advance(8);
      return value;
    }
    return pieces(8);
  }

  private long pieces(int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (readByte() & 0xffL) << (8 * i);
    }
    return value;
  }

  /**
   * Copies bytes out.
   *
   * @param target filled from its position to its limit; the position moves to the limit
   * @throws IndexOutOfBoundsException if fewer bytes remain than the target takes
   */
  public void read(ByteBuffer target) {
    require(target.remaining());
    while (target.hasRemaining()) {
      int n = (int) Math.min(target.remaining(), chain.segmentLength(segment) - within);
      region().read(offset(), target, target.position(), n);
      target.position(target.position() + n);
      advance(n);
    }
  }
}
