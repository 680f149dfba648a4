package dev.virtio4j.blk;

import dev.virtio4j.blk.image.ImageRequest;
import dev.virtio4j.queue.BufferChain;
import dev.virtio4j.queue.IoVector;
import java.nio.ByteBuffer;

/** One request of a driver: a chain, and what it asks of the image. Pooled by the chain's slot. */
final class BlockRequest extends ImageRequest {
  private final BlockQueue queue;

  BufferChain chain;
  BlockOp op;
  long started;

  /** Bytes of data: moved, discarded or zeroed. */
  long dataBytes;

  // The ranges of a DISCARD or WRITE_ZEROES, copied once.
  int ranges;
  int range;
  private long[] rangeSectors;
  private int[] rangeCounts;
  private int[] rangeFlags;

  BlockRequest(BlockQueue queue) {
    this.queue = queue;
  }

  void begin(BufferChain newChain, long now) {
    chain = newChain;
    started = now;
    op = BlockOp.OTHER;
    dataBytes = 0;
    ranges = 0;
    range = 0;
  }

  /** Makes room for ranges; at most as many as the device's maximum. */
  void ranges(int count, int limit) {
    if (rangeSectors == null) {
      rangeSectors = new long[limit];
      rangeCounts = new int[limit];
      rangeFlags = new int[limit];
    }
    ranges = count;
  }

  void setRange(int index, long sector, int count, int flags) {
    rangeSectors[index] = sector;
    rangeCounts[index] = count;
    rangeFlags[index] = flags;
  }

  long rangeSector(int index) {
    return rangeSectors[index];
  }

  /** Unsigned. */
  int rangeCount(int index) {
    return rangeCounts[index];
  }

  int rangeFlags(int index) {
    return rangeFlags[index];
  }

  @Override
  protected boolean map(long from, long length, int addressAlignment, int lengthAlignment) {
    IoVector vector;
    if (op == BlockOp.READ) {
      chain.writer().position(from);
      vector = chain.writer().vector(length);
    } else {
      chain.reader().position(VirtioBlk.HEADER_BYTES + from);
      vector = chain.reader().vector(length);
    }
    if (vector == null || !vector.aligned(addressAlignment, lengthAlignment)) {
      return false;
    }
    mapped(vector.firstBase(), vector.address(), vector.count(), vector.bytes());
    return true;
  }

  @Override
  protected void copyIn(long from, ByteBuffer source) {
    chain.writer().position(from);
    chain.writer().write(source);
  }

  @Override
  protected void copyOut(long from, ByteBuffer target) {
    chain.reader().position(VirtioBlk.HEADER_BYTES + from);
    chain.reader().read(target);
  }

  @Override
  protected void clear(long from, long length) {
    chain.writer().position(from);
    chain.writer().clear(length);
  }

  @Override
  protected void finished(int result) {
    queue.finished(this, result);
  }

  @Override
  protected void broken(Throwable cause) {
    queue.broken(this, cause);
  }
}
