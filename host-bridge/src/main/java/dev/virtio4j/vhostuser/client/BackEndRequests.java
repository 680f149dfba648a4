package dev.virtio4j.vhostuser.client;

import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.UnixSocket;
import dev.virtio4j.vhostuser.protocol.BackendRequest;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;

/**
 * The requests that a back-end begins, on the socket of SET_BACKEND_REQ_FD. Changes of the
 * configuration are counted and acknowledged; anything else is refused where it asks for a reply.
 */
final class BackEndRequests implements AutoCloseable {
  private static final long REFUSED = 1;

  private final RawFrontEnd channel;
  private final Fd remoteEnd;
  private long configChanges;
  private boolean ended;

  private BackEndRequests(RawFrontEnd channel, Fd remoteEnd) {
    this.channel = channel;
    this.remoteEnd = remoteEnd;
  }

  static BackEndRequests open(Duration timeout) {
    Fd[] pair = UnixSocket.pair();
    return new BackEndRequests(RawFrontEnd.adopt(pair[0], timeout), pair[1]);
  }

  /** The end that the back-end gets; {@link #handedOver()} afterwards. */
  int remoteEnd() {
    return remoteEnd.value();
  }

  void handedOver() {
    remoteEnd.close();
  }

  int descriptor() {
    return channel.descriptor();
  }

  boolean ended() {
    return ended;
  }

  long configChanges() {
    return configChanges;
  }

  /** Waits for a request. */
  boolean await(Duration wait) {
    return !ended && channel.awaitReadable(wait);
  }

  /** Serves the request that is there. */
  void serve() {
    if (channel.hungUp()) {
      ended = true; // Its front-end connection tells the rest.
      return;
    }
    try (RawMessage message = channel.receive()) {
      boolean known = message.request() == BackendRequest.CONFIG_CHANGE_MSG.id();
      if (known) {
        configChanges++;
      }
      if ((message.flags() & MessageHeader.NEED_REPLY) != 0) {
        ByteBuffer result = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
        result.putLong(known ? 0 : REFUSED);
        int flags = MessageHeader.VERSION | MessageHeader.REPLY;
        channel.sendMessage(message.request(), flags, 8, result.array());
      }
    }
  }

  @Override
  public void close() {
    handedOver();
    channel.close();
  }
}
