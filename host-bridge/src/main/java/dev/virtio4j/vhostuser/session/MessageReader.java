package dev.virtio4j.vhostuser.session;

import dev.virtio4j.posix.DescriptorMessages;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts messages together from what a socket has, byte by byte if need be, and never waits. Owns the
 * descriptors of the message that is not complete yet.
 */
final class MessageReader implements AutoCloseable {
  /** More than any request has; the largest are SET_MEM_TABLE and SET_CONFIG. */
  static final int MAX_PAYLOAD = 4096;

  /** What a look at the socket came to. */
  enum Outcome {
    /** {@link #message()} has one. */
    MESSAGE,
    /** Nothing more is there for now. */
    AGAIN,
    /** The front-end has hung up. */
    END
  }

  private final DescriptorMessages socket = new DescriptorMessages(MessageHeader.MAX_DESCRIPTORS);
  private final ByteBuffer bytes =
      NativeMemory.allocate(MessageHeader.BYTES + MAX_PAYLOAD, Long.BYTES);
  private final long address = NativeMemory.address(bytes);
  private final List<Fd> descriptors = new ArrayList<>();

  private int have;
  private MessageHeader header;
  private Message message;

  /** Reads on, up to the end of one message. */
  Outcome read(int descriptor) {
    while (true) {
      int need = MessageHeader.BYTES + (header == null ? 0 : header.size());
      if (have == need) {
        if (header != null) {
          return complete();
        }
        header = header();
        continue;
      }
      long result = socket.receive(descriptor, address + have, need - have);
      if (result < 0) {
        int errno = (int) -result;
        if (errno == Errno.EAGAIN) {
          return Outcome.AGAIN;
        }
        if (errno != Errno.EINTR) {
          return Outcome.END;
        }
        continue;
      }
      takeDescriptors();
      if (result == 0) {
        return ended();
      }
      have += (int) result;
    }
  }

  private Outcome ended() {
    if (have != 0) {
      throw new ProtocolException("hung up in the middle of a message");
    }
    return Outcome.END;
  }

  private void takeDescriptors() {
    for (int i = 0; i < socket.descriptors(); i++) {
      descriptors.add(socket.take(i));
    }
    if (socket.truncated() || descriptors.size() > MessageHeader.MAX_DESCRIPTORS) {
      throw new ProtocolException(
          "more than %d descriptors came with a message".formatted(MessageHeader.MAX_DESCRIPTORS));
    }
  }

  private MessageHeader header() {
    MessageHeader read = MessageHeader.read(bytes.duplicate().order(ByteOrder.nativeOrder()));
    if (!read.knownVersion()) {
      throw new ProtocolException(
          "a message has flags 0x%x; bits 0 and 1 must be the version, %d"
              .formatted(read.flags(), MessageHeader.VERSION));
    }
    if (Integer.compareUnsigned(read.size(), MAX_PAYLOAD) > 0) {
      throw new ProtocolException(
          "request %s announces a payload of %s bytes; at most %d are taken"
              .formatted(
                  Integer.toUnsignedString(read.request()),
                  Integer.toUnsignedString(read.size()),
                  MAX_PAYLOAD));
    }
    return read;
  }

  private Outcome complete() {
    ByteBuffer payload =
        bytes.slice(MessageHeader.BYTES, header.size()).order(ByteOrder.nativeOrder());
    Message complete = new Message(header, payload, List.copyOf(descriptors));
    header = null;
    have = 0;
    descriptors.clear();
    check(complete);
    message = complete;
    return Outcome.MESSAGE;
  }

  /** What the request alone tells: the rest is checked by who serves it. */
  private static void check(Message complete) {
    boolean right = false;
    try {
      FrontendRequest request = complete.request();
      if (complete.header().isReply()) {
        throw new ProtocolException(complete + " is marked as a reply; none is due");
      }
      if (request != null) {
        int size = complete.payload().capacity();
        if (request.payloadBytes() >= 0 && size != request.payloadBytes()) {
          throw new ProtocolException(
              "%s has a payload of %d bytes; %d are due"
                  .formatted(complete, size, request.payloadBytes()));
        }
        if (request.descriptors() >= 0) {
          complete.requireDescriptors(request.descriptors());
        }
      }
      right = true;
    } finally {
      if (!right) {
        complete.close();
      }
    }
  }

  /** The message that {@link Outcome#MESSAGE} told of; its payload holds until the next read. */
  Message message() {
    return message;
  }

  @Override
  public void close() {
    socket.close();
    descriptors.forEach(Fd::close);
    descriptors.clear();
  }
}
