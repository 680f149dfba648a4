package dev.virtio4j.vhostuser.session;

import dev.virtio4j.posix.Fd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a request is answered with.
 *
 * @param payload from its position to its limit; null if the request has no answer of its own
 * @param descriptor goes with it and is closed afterwards; may be null
 */
record Reply(ByteBuffer payload, Fd descriptor) implements AutoCloseable {
  /** No answer beyond the acknowledgement that any message may ask for. */
  static final Reply NONE = new Reply(null, null);

  static Reply of(long number) {
    return of(buffer(Long.BYTES).putLong(number).flip());
  }

  static Reply of(ByteBuffer payload) {
    return new Reply(payload, null);
  }

  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  @Override
  public void close() {
    if (descriptor != null) {
      descriptor.close();
    }
  }
}
