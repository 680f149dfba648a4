package dev.virtio4j.vhostuser.session;

import dev.virtio4j.posix.Fd;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import java.nio.ByteBuffer;
import java.util.List;

/** One request as it came. Closing it closes the descriptors that nobody took. */
final class Message implements AutoCloseable {
  private final MessageHeader header;
  private final ByteBuffer payload;
  private final List<Fd> descriptors;
  private int taken;

  /**
   * Makes one.
   *
   * @param header as it came
   * @param payload all of it, in native byte order
   * @param descriptors what came with it
   */
  Message(MessageHeader header, ByteBuffer payload, List<Fd> descriptors) {
    this.header = header;
    this.payload = payload;
    this.descriptors = descriptors;
  }

  MessageHeader header() {
    return header;
  }

  /** The request, or null if it has an unknown number. */
  FrontendRequest request() {
    return FrontendRequest.of(header.request());
  }

  ByteBuffer payload() {
    return payload;
  }

  int descriptors() {
    return descriptors.size();
  }

  /** Those that nobody took. */
  int[] values() {
    return descriptors.stream().skip(taken).mapToInt(Fd::value).toArray();
  }

  /** The next one, which is the caller's from now on. */
  Fd take() {
    return descriptors.get(taken++);
  }

  void requireDescriptors(int count) {
    if (descriptors.size() != count) {
      throw new ProtocolException(
          "%s came with %d descriptors; %d are due".formatted(this, descriptors.size(), count));
    }
  }

  @Override
  public void close() {
    while (taken < descriptors.size()) {
      take().close();
    }
  }

  @Override
  public String toString() {
    FrontendRequest request = request();
    return request == null
        ? "request " + Integer.toUnsignedString(header.request())
        : request.name();
  }
}
