package dev.virtio4j.vhostuser.session;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.ReadyHandler;
import dev.virtio4j.loop.Registration;
import dev.virtio4j.posix.DescriptorMessages;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.vhostuser.protocol.BackendRequest;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import dev.virtio4j.vhostuser.protocol.VringState;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * The socket on which the back-end makes requests of its own.
 *
 * <p>None of them asks for a reply, so that there is never one to wait for; a front-end that
 * replies all the same is heard and ignored. What the socket has no room for is remembered once,
 * not queued: a change of the configuration or an interrupt says the same however often it is said.
 *
 * <p>From any thread.
 */
final class BackendChannel implements AutoCloseable {
  /** Bytes of what the front-end says that one wake-up looks at. */
  private static final int SCRATCH = 4096;

  private static final int READS = 16;
  private static final int[] NO_DESCRIPTORS = {};

  private final Fd socket;
  private final DeviceLoop loop;
  private final DescriptorMessages messages = new DescriptorMessages(MessageHeader.MAX_DESCRIPTORS);
  private final ByteBuffer out = NativeMemory.allocate(MessageHeader.BYTES + VringState.BYTES, 8);
  private final long outAddress = NativeMemory.address(out);
  private final ByteBuffer in = NativeMemory.allocate(SCRATCH, 8);
  private final BitSet calls = new BitSet();
  private final BitSet errors = new BitSet();
  private boolean configChange;
  private Registration watch;
  private boolean closed;

  /**
   * Takes a socket over.
   *
   * @param socket connected to the front-end
   * @param loop tells when it is ready
   */
  BackendChannel(Fd socket, DeviceLoop loop) {
    this.socket = socket;
    this.loop = loop;
    Fd.nonBlocking(socket.value());
    watch = loop.watch(socket.value(), ReadyHandler.READABLE | ReadyHandler.WRITABLE, this::ready);
  }

  private synchronized void ready(int events) {
    if (closed) {
      return;
    }
    if ((events & ReadyHandler.READABLE) != 0) {
      hear();
    }
    flush();
  }

  private void hear() {
    for (int i = 0; i < READS && !closed; i++) {
      long result = messages.receive(socket.value(), NativeMemory.address(in), SCRATCH);
      messages.closeDescriptors();
      if (result == 0) {
        close();
      } else if (result < 0) {
        return;
      }
    }
  }

  /** Tells of a change of the configuration space. */
  synchronized void configChanged() {
    configChange = true;
    flush();
  }

  /** Interrupts the guest in band. */
  synchronized void interrupt(int ring) {
    calls.set(ring);
    flush();
  }

  /** Tells in band that a ring is broken. */
  synchronized void broken(int ring) {
    errors.set(ring);
    flush();
  }

  private void flush() {
    if (configChange && send(BackendRequest.CONFIG_CHANGE_MSG, -1)) {
      configChange = false;
    }
    flush(BackendRequest.VRING_CALL, calls);
    flush(BackendRequest.VRING_ERR, errors);
  }

  private void flush(BackendRequest request, BitSet rings) {
    for (int ring = rings.nextSetBit(0); ring >= 0; ring = rings.nextSetBit(ring + 1)) {
      if (!send(request, ring)) {
        return;
      }
      rings.clear(ring);
    }
  }

  /** Whether it was sent. A stream socket takes so short a message wholly or not at all. */
  private boolean send(BackendRequest request, int ring) {
    if (closed) {
      return false;
    }
    // By hand, since interrupts are on the data path, which allocates nothing.
    int payload = ring < 0 ? 0 : VringState.BYTES;
    out.clear().putInt(request.id()).putInt(MessageHeader.VERSION).putInt(payload);
    out.putInt(ring).putInt(0);
    int length = MessageHeader.BYTES + payload;
    long result = messages.send(socket.value(), outAddress, length, NO_DESCRIPTORS);
    if (result < 0 && result != -Errno.EAGAIN && result != -Errno.EINTR) {
      close();
    }
    return result == length;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (loop.inLoop()) {
      release();
    } else {
      loop.execute(this::release);
    }
  }

  /** On the loop, since a socket must be open as long as it is watched. */
  private synchronized void release() {
    watch.close();
    messages.close();
    socket.close();
  }
}
