package dev.virtio4j.vhostuser.session;

import dev.virtio4j.loop.ReadyHandler;
import dev.virtio4j.posix.DescriptorMessages;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.IoVec;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.RwFlags;
import java.nio.ByteBuffer;

/**
 * Rings a queue when the front-end's doorbell descriptor becomes ready. On the queue's loop.
 *
 * <p>An eventfd is not read: the loop waits for edges, and each write is one. A pipe or socket in
 * its place would fill, so it is emptied, up to a bound, since a hostile one never ends; and
 * without waiting, whether or not the front-end has made it blocking meanwhile.
 */
final class KickHandler implements ReadyHandler {
  private static final int BYTES = 4096;
  private static final int READS = 16;

  private final Runnable doorbell;
  private final int descriptor;
  private final DescriptorKind kind;
  private final DescriptorMessages messages;
  private final ByteBuffer scratch;
  private final long vector;
  private final long bytes;

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
    this.kind = kind;
    messages = kind.isSocket() ? new DescriptorMessages(1) : null;
    scratch = NativeMemory.allocate(kind.holdsBytes() ? IoVec.SIZE + BYTES : 1, Long.BYTES);
    vector = NativeMemory.address(scratch);
    bytes = vector + IoVec.SIZE;
    if (kind.holdsBytes()) {
      scratch.putLong(IoVec.IOV_BASE, bytes).putLong(IoVec.IOV_LEN, BYTES);
    }
  }

  @Override
  public void ready(int events) {
    if (kind.holdsBytes()) {
      int reads = 0;
      while (reads < READS && read() > 0) {
        reads++;
      }
    }
    doorbell.run();
  }

  private long read() {
    if (messages != null) {
      long result = messages.receive(descriptor, bytes, BYTES);
      messages.closeDescriptors();
      return result;
    }
    long result = Libc.preadv2(descriptor, vector, 1, -1, RwFlags.RWF_NOWAIT);
    if (result < 0 && Libc.errno() == Errno.EOPNOTSUPP) {
      // Linux before 6.5 does not take the flag for pipes. Once is enough: the edge is used up.
      Libc.read(descriptor, bytes, BYTES);
      return 0;
    }
    return result;
  }
}
