package dev.virtio4j.memory;

import java.nio.ByteBuffer;

/** A read-only run of zero bytes to copy from. */
final class Zeroes {
  static final int LENGTH = 1 << 16;
  static final ByteBuffer BUFFER = ByteBuffer.allocateDirect(LENGTH).asReadOnlyBuffer();

  private Zeroes() {}
}
