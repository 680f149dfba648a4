package dev.virtio4j.bench;

import java.nio.ByteBuffer;

/**
 * What a verifying load writes: each 8 bytes are a function of the seed and of where on the disk
 * they are, so that data that is stale, torn or in the wrong place is told from the right one, at
 * any block size.
 */
final class Pattern {
  private static final long ODD = 0x9e3779b97f4a7c15L;

  private final long seed;

  Pattern(long seed) {
    this.seed = mix(seed);
  }

  private long word(long position) {
    return mix(position ^ seed);
  }

  /** Every bit of the result depends on every bit of the argument. */
  private static long mix(long value) {
    long mixed = (value + ODD) * ODD;
    mixed ^= mixed >>> 32;
    mixed *= 0xd6e8feb86659fd93L;
    return mixed ^ (mixed >>> 32);
  }

  /**
   * Writes it.
   *
   * @param target where to
   * @param at first index in {@code target}
   * @param length bytes, a multiple of 8
   * @param position where on the disk, in bytes
   */
  void fill(ByteBuffer target, int at, int length, long position) {
    for (int i = 0; i < length; i += Long.BYTES) {
      target.putLong(at + i, word(position + i));
    }
  }

  /** Compares; false if a word is wrong. */
  boolean matches(ByteBuffer source, int at, int length, long position) {
    for (int i = 0; i < length; i += Long.BYTES) {
      if (source.getLong(at + i) != word(position + i)) {
        return false;
      }
    }
    return true;
  }
}
