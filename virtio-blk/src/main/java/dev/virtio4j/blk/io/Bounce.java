package dev.virtio4j.blk.io;

import dev.virtio4j.posix.NativeMemory;
import java.nio.ByteBuffer;

/** A buffer that data takes a detour through: page-aligned, which satisfies O_DIRECT. */
public final class Bounce {
  /** The length of each, in bytes. */
  public static final int LENGTH = 128 << 10;

  private static final int ALIGNMENT = 4096;

  private final ByteBuffer buffer = NativeMemory.allocate(LENGTH, ALIGNMENT);
  private final long address = NativeMemory.address(buffer);

  Bounce() {}

  /**
   * The start of the buffer.
   *
   * @param length bytes, at most {@link #LENGTH}
   * @return the buffer, from 0 to the length
   */
  public ByteBuffer first(int length) {
    return buffer.clear().limit(length);
  }

  /**
   * Where it is.
   *
   * @return native address
   */
  public long address() {
    return address;
  }
}
