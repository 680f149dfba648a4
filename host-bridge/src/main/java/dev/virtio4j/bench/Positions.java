package dev.virtio4j.bench;

import java.util.BitSet;

/** Which block is next. Allocates nothing while it runs. */
final class Positions {
  private static final long XORSHIFT_SEED = 88172645463325252L;

  /** What {@link #next()} says when there is no more. */
  static final long END = -1;

  private final long blocks;
  private final boolean random;
  private final boolean once;
  private final BitSet only;
  private long state;
  private long following;

  private Positions(long blocks, boolean random, boolean once, BitSet only, long seed) {
    this.blocks = blocks;
    this.random = random;
    this.once = once;
    this.only = only;
    // A state of 0 would stay 0.
    this.state = seed == XORSHIFT_SEED ? XORSHIFT_SEED : seed ^ XORSHIFT_SEED;
  }

  /** Any block, again and again. */
  static Positions random(long blocks, long seed) {
    return new Positions(blocks, true, false, null, seed);
  }

  /** From the first to the last, and again. */
  static Positions sequential(long blocks) {
    return new Positions(blocks, false, false, null, 1);
  }

  /** From the first to the last, once. */
  static Positions once(long blocks) {
    return new Positions(blocks, false, true, null, 1);
  }

  /** Those of a set, once each. */
  static Positions once(BitSet only) {
    return new Positions(only.length(), false, true, only, 1);
  }

  long blocks() {
    return blocks;
  }

  /** How many have been taken, of those that go from the first to the last. */
  long taken() {
    return following;
  }

  /** 64 random bits (xorshift). */
  long bits() {
    state ^= state << 13;
    state ^= state >>> 7;
    state ^= state << 17;
    return state;
  }

  /** The next block, or {@link #END}. */
  long next() {
    if (random) {
      return Long.remainderUnsigned(bits(), blocks);
    }
    if (only != null) {
      int next = only.nextSetBit((int) following);
      following = next < 0 ? blocks : next + 1L;
      return next;
    }
    if (following == blocks) {
      if (once) {
        return END;
      }
      following = 0;
    }
    return following++;
  }
}
