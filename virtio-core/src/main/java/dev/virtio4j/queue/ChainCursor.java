package dev.virtio4j.queue;

import dev.virtio4j.memory.MemoryRegion;

/** A position in one direction of a chain. */
abstract sealed class ChainCursor permits ChainReader, ChainWriter {
  final BufferChain chain;
  int segment;
  long within;
  long position;

  ChainCursor(BufferChain chain) {
    this.chain = chain;
  }

  abstract int first();

  abstract int end();

  abstract long size();

  final void rewind() {
    segment = first();
    within = 0;
    position = 0;
  }

  /**
   * The bytes between here and the end.
   *
   * @return 0 or more
   */
  public final long remaining() {
    return size() - position;
  }

  /**
   * How far the cursor has come.
   *
   * @return bytes from the start of this direction of the chain
   */
  public final long position() {
    return position;
  }

  /**
   * Moves anywhere.
   *
   * @param target bytes from the start, 0 to the size
   * @throws IndexOutOfBoundsException if there is no such position
   */
  public final void position(long target) {
    if (target < 0 || target > size()) {
      throw new IndexOutOfBoundsException("position " + target + " of " + size());
    }
    if (target < position) {
      rewind();
    }
    skip(target - position);
  }

  private void skip(long bytes) {
    long left = bytes;
    position += bytes;
    while (left > 0) {
      long here = chain.segmentLength(segment) - within;
      if (left < here) {
        within += left;
        return;
      }
      left -= here;
      segment++;
      within = 0;
    }
  }

  final void advance(long bytes) {
    position += bytes;
    within += bytes;
    if (within == chain.segmentLength(segment)) {
      segment++;
      within = 0;
    }
  }

  final void require(long bytes) {
    if (Long.compareUnsigned(bytes, remaining()) > 0) {
      throw new IndexOutOfBoundsException(
          bytes + " bytes at position " + position + " of " + size());
    }
  }

  /** Whether the next {@code bytes} lie in one segment. */
  final boolean contiguous(int bytes) {
    return segment < end() && chain.segmentLength(segment) - within >= bytes;
  }

  final MemoryRegion region() {
    return chain.segmentRegion(segment);
  }

  final long offset() {
    return chain.segmentOffset(segment) + within;
  }

  /**
   * Turns the next bytes into native addresses for a system call, and moves past them.
   *
   * @param length bytes, 0 to {@link #remaining()}
   * @return the chain's vector, which the chain's next call overwrites; null, with the cursor left
   *     where it was, if part of the range is in memory that can only be copied
   * @throws IndexOutOfBoundsException if fewer bytes remain
   */
  public final IoVector vector(long length) {
    require(length);
    IoVector vector = chain.vector();
    vector.clear();
    long left = length;
    int i = segment;
    long from = within;
    while (left > 0) {
      long base = chain.segmentRegion(i).nativeAddress();
      if (base == 0) {
        return null;
      }
      long n = Math.min(left, chain.segmentLength(i) - from);
      vector.add(base + chain.segmentOffset(i) + from, n);
      left -= n;
      from = 0;
      i++;
    }
    skip(length);
    return vector;
  }
}
