package dev.virtio4j.vhostuser.session;

import dev.virtio4j.posix.DescriptorMessages;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import java.nio.ByteBuffer;

/** Sends one message at a time, as far as the socket takes it, and never waits. */
final class MessageWriter implements AutoCloseable {
  private final DescriptorMessages socket = new DescriptorMessages(1);
  private final ByteBuffer bytes =
      NativeMemory.allocate(MessageHeader.BYTES + MessageReader.MAX_PAYLOAD, Long.BYTES);
  private final long address = NativeMemory.address(bytes);
  private Reply reply;

  /** Whether a message has not been taken wholly by the socket yet. */
  boolean pending() {
    return bytes.position() != 0;
  }

  /**
   * Begins a message; {@link #flush} sends it.
   *
   * @param header of the message; its size is the payload's
   * @param message its payload and descriptor, closed when sent
   */
  void begin(MessageHeader header, Reply message) {
    header.write(bytes);
    bytes.put(message.payload());
    reply = message;
  }

  /**
   * Sends on.
   *
   * @param descriptor the socket
   * @return false if the other side has hung up
   */
  boolean flush(int descriptor) {
    while (bytes.position() != 0) {
      long result =
          reply.descriptor() == null
              ? socket.send(descriptor, address, bytes.position())
              : socket.send(descriptor, address, bytes.position(), reply.descriptor().value());
      if (result < 0) {
        int errno = (int) -result;
        if (errno == Errno.EAGAIN) {
          return true;
        }
        if (errno != Errno.EINTR) {
          return false;
        }
        continue;
      }
      // The descriptor went with the first byte.
      reply.close();
      reply = Reply.NONE;
      bytes.flip().position((int) result);
      bytes.compact();
    }
    return true;
  }

  @Override
  public void close() {
    if (reply != null) {
      reply.close();
    }
    socket.close();
  }
}
