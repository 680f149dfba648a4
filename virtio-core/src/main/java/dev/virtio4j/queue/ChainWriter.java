package dev.virtio4j.queue;

import java.nio.ByteBuffer;

/**
 * Writes the device-writable part of a chain, across segment borders. Numbers are little-endian.
 *
 * <p>Writing to memory whose file was truncated breaks the queue and is otherwise passed over in
 * silence, so that a device which completes a request late has nothing to catch.
 */
public final class ChainWriter extends ChainCursor {
  ChainWriter(BufferChain chain) {
    super(chain);
  }

  @Override
  int first() {
    return chain.readableSegments();
  }

  @Override
  int end() {
    return chain.segments();
  }

  @Override
  long size() {
    return chain.writableBytes();
  }

  /**
   * Writes 8 bits.
   *
   * @param value the value
   * @throws IndexOutOfBoundsException at the end
   */
  public void writeByte(byte value) {
    require(1);
    try {
      region().putByte(offset(), value);
    } catch (InternalError e) {
      chain.memoryLost(e);
    }
    advance(1);
  }

  /**
   * Writes 16 bits.
   *
   * @param value the value
   * @throws IndexOutOfBoundsException if fewer than 2 bytes remain
   */
  public void writeShort(short value) {
    require(2);
    if (contiguous(2)) {
      try {
        region().putShort(offset(), value);
      } catch (InternalError e) {
        chain.memoryLost(e);
      }
      advance(2);
    } else {
      pieces(value, 2);
    }
  }

  /**
   * Writes 32 bits.
   *
   * @param value the value
   * @throws IndexOutOfBoundsException if fewer than 4 bytes remain
   */
  public void writeInt(int value) {
    require(4);
    if (contiguous(4)) {
      try {
        region().putInt(offset(), value);
      } catch (InternalError e) {
        chain.memoryLost(e);
      }
      advance(4);
    } else {
      pieces(value, 4);
    }
  }

  /**
   * Writes 64 bits.
   *
   * @param value the value
   * @throws IndexOutOfBoundsException if fewer than 8 bytes remain
   */
  public void writeLong(long value) {
    require(8);
    if (contiguous(8)) {
      try {
        region().putLong(offset(), value);
      } catch (InternalError e) {
        chain.memoryLost(e);
      }
      advance(8);
    } else {
      pieces(value, 8);
    }
  }

  private void pieces(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      writeByte((byte) (value >>> (8 * i)));
    }
  }

  /**
   * Copies bytes in.
   *
   * @param source taken from its position to its limit; the position moves to the limit
   * @throws IndexOutOfBoundsException if less room remains than the source has
   */
  public void write(ByteBuffer source) {
    require(source.remaining());
    while (source.hasRemaining()) {
      int n = (int) Math.min(source.remaining(), chain.segmentLength(segment) - within);
      try {
        region().write(offset(), source, source.position(), n);
      } catch (InternalError e) {
        chain.memoryLost(e);
      }
      source.position(source.position() + n);
      advance(n);
    }
  }

  /**
   * Writes zeroes.
   *
   * @param length bytes
   * @throws IndexOutOfBoundsException if less room remains
   */
  public void clear(long length) {
    require(length);
    for (long left = length; left > 0; ) {
      long n = Math.min(left, chain.segmentLength(segment) - within);
      try {
        region().clear(offset(), n);
      } catch (InternalError e) {
        chain.memoryLost(e);
      }
      advance(n);
      left -= n;
    }
  }
}
