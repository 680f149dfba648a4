package dev.virtio4j.queue;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The memory of an inflight log, in the machine's byte order.
 *
 * <p>Every store is a release: recovery rests on the order of the steps, which must be the order in
 * memory whenever the process ends.
 */
class InflightRegion {
  private static final VarHandle SHORT =
      MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final ByteBuffer bytes;

  /**
   * Checks that a region can hold a log.
   *
   * @throws IllegalArgumentException if it is too short or badly aligned
   */
  InflightRegion(ByteBuffer bytes, int needed, int queueSize) {
    if (bytes.capacity() < needed) {
      throw new IllegalArgumentException(
          "inflight region of %d bytes; a queue of %d needs %d"
              .formatted(bytes.capacity(), queueSize, needed));
    }
    if (bytes.alignmentOffset(0, 8) != 0) {
      throw new IllegalArgumentException("inflight region is not aligned to 8 bytes");
    }
    this.bytes = bytes.duplicate().order(ByteOrder.nativeOrder());
  }

  int getByte(int at) {
    return bytes.get(at) & 0xff;
  }

  int getShort(int at) {
    return (short) SHORT.getOpaque(bytes, at) & 0xffff;
  }

  int getInt(int at) {
    return (int) INT.getOpaque(bytes, at);
  }

  long getLong(int at) {
    return (long) LONG.getOpaque(bytes, at);
  }

  void putByte(int at, int value) {
    VarHandle.releaseFence();
    bytes.put(at, (byte) value);
  }

  void putShort(int at, int value) {
    // Not VarHandle's store of 16 bits, which ends the JVM where the file was truncated.
    VarHandle.releaseFence();
    bytes.putShort(at, (short) value);
  }

  void putInt(int at, int value) {
    INT.setRelease(bytes, at, value);
  }

  void putLong(int at, long value) {
    LONG.setRelease(bytes, at, value);
  }
}
