package dev.virtio4j.blk.image;

import dev.virtio4j.posix.NativeMemory;
import java.nio.ByteBuffer;

/** A request whose data is one buffer, which may claim to have no address. */
final class BufferRequest extends ImageRequest {
  static final int UNFINISHED = Integer.MIN_VALUE;

  final ByteBuffer data;
  int outcome = UNFINISHED;
  Throwable broken;

  private final boolean mappable;
  private final long address;

  BufferRequest(ByteBuffer data, boolean mappable) {
    this.data = data;
    this.mappable = mappable;
    this.address = mappable ? NativeMemory.address(data) : 0;
  }

  @Override
  protected boolean map(long from, long length, int addressAlignment, int lengthAlignment) {
    if (!mappable
        || ((address + from) & (addressAlignment - 1)) != 0
        || (length & (lengthAlignment - 1)) != 0) {
      return false;
    }
    mapped(address + from, 0, 1, length);
    return true;
  }

  @Override
  protected void copyIn(long from, ByteBuffer source) {
    data.put((int) from, source, source.position(), source.remaining());
  }

  @Override
  protected void copyOut(long from, ByteBuffer target) {
    target.put(target.position(), data, (int) from, target.remaining());
  }

  @Override
  protected void clear(long from, long length) {
    for (long i = from; i < from + length; i++) {
      data.put((int) i, (byte) 0);
    }
  }

  @Override
  protected void finished(int result) {
    outcome = result;
  }

  @Override
  protected void broken(Throwable cause) {
    broken = cause;
  }
}
