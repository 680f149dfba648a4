package dev.virtio4j.vhostuser.session;

import dev.virtio4j.loop.ReadyHandler;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import java.nio.ByteBuffer;

/**
 * Rings a queue when the front-end's doorbell descriptor becomes ready. On the queue's loop.
 *
 * <p>An eventfd is not read: the loop waits for edges, and each write is one. A pipe or socket in
 * its place would fill, so it is emptied, up to a bound, since a hostile one never ends.
 */
final class KickHandler implements ReadyHandler {
  private static final int BYTES = 4096;
  private static final int READS = 16;

  private final Runnable doorbell;
  private final int descriptor;
  private final ByteBuffer scratch;

  /**
   * Makes one.
   *
   * @param doorbell rings the queue
   * @param descriptor non-blocking
   * @param kind what it is, which tells whether it must be emptied
   */
  KickHandler(Runnable doorbell, int descriptor, DescriptorKind kind) {
    this.doorbell = doorbell;
    this.descriptor = descriptor;
    this.scratch = kind.holdsBytes() ? NativeMemory.allocate(BYTES, Long.BYTES) : null;
  }

  @Override
  public void ready(int events) {
    if (scratch != null) {
      long address = NativeMemory.address(scratch);
      int reads = 0;
      while (reads < READS && Libc.read(descriptor, address, BYTES) > 0) {
        reads++;
      }
    }
    doorbell.run();
  }
}
