package dev.virtio4j.vhostuser.client;

import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Sockets;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A front-end that keeps to no protocol: any header, any payload, any number of descriptors, half a
 * message. For tests of what a back-end does with a hostile peer, and the ground under the
 * well-behaved client. Every wait ends after the timeout. Used by one thread.
 */
public final class RawFrontEnd implements AutoCloseable {
  /** A reply longer than this is a back-end's mistake. */
  private static final int MAX_REPLY = 1 << 16;

  private final FrontEndSocket socket;
  private final Duration timeout;

  private RawFrontEnd(FrontEndSocket socket, Duration timeout) {
    this.socket = socket;
    this.timeout = timeout;
  }

  /**
   * Connects to a back-end.
   *
   * @param path its socket
   * @param timeout how long any one wait may take
   * @return the connection
   * @throws BackEndException if nobody listens there
   */
  public static RawFrontEnd connect(Path path, Duration timeout) {
    return new RawFrontEnd(FrontEndSocket.connect(path, timeout), timeout);
  }

  /**
   * Takes a connected socket over, such as one end of a pair.
   *
   * @param descriptor a connected Unix stream socket; closed with this object
   * @param timeout how long any one wait may take
   * @return the connection
   */
  public static RawFrontEnd adopt(int descriptor, Duration timeout) {
    return adopt(Fd.of(descriptor), timeout);
  }

  static RawFrontEnd adopt(Fd descriptor, Duration timeout) {
    return new RawFrontEnd(FrontEndSocket.adopt(descriptor), timeout);
  }

  /**
   * Sends a request with an honest header of version 1.
   *
   * @param request the request id
   * @param payload its payload
   * @param descriptors what goes with it, 0 to 253; they stay open here
   * @throws BackEndException if the back-end hung up or takes nothing in time
   */
  public void send(int request, byte[] payload, int... descriptors) {
    sendMessage(request, MessageHeader.VERSION, payload.length, payload, descriptors);
  }

  /**
   * Sends a header and a payload that need not fit each other.
   *
   * @param request any request id
   * @param flags any flags
   * @param size what the header says of the payload's length
   * @param payload the bytes that follow the header
   * @param descriptors what goes with it, 0 to 253; they stay open here
   * @throws BackEndException if the back-end hung up or takes nothing in time
   */
  public void sendMessage(int request, int flags, int size, byte[] payload, int... descriptors) {
    byte[] message = new byte[MessageHeader.BYTES + payload.length];
    ByteBuffer target = ByteBuffer.wrap(message).order(ByteOrder.nativeOrder());
    new MessageHeader(request, flags, size).write(target);
    target.put(payload);
    sendBytes(message, descriptors);
  }

  /**
   * Sends bytes as they are: part of a message, or several.
   *
   * @param bytes one byte or more
   * @param descriptors what goes with the first byte, 0 to 253; they stay open here
   * @throws BackEndException if the back-end hung up or takes nothing in time
   */
  public void sendBytes(byte[] bytes, int... descriptors) {
    if (bytes.length == 0 || descriptors.length > Sockets.SCM_MAX_FD) {
      throw new IllegalArgumentException(
          "%d bytes with %d descriptors: at least 1 byte and at most %d descriptors can be sent"
              .formatted(bytes.length, descriptors.length, Sockets.SCM_MAX_FD));
    }
    socket.send(bytes, descriptors, System.nanoTime() + timeout.toNanos());
  }

  /**
   * Receives the next message.
   *
   * @return the message; close it, or take its descriptors
   * @throws BackEndException if none comes in time, the back-end hangs up, or the message is longer
   *     than 64 KiB
   */
  public RawMessage receive() {
    return receive(timeout);
  }

  /**
   * Receives the next message.
   *
   * @param wait how long to wait for it
   * @return the message; close it, or take its descriptors
   * @throws BackEndException if none comes in time, the back-end hangs up, or the message is longer
   *     than 64 KiB
   */
  public RawMessage receive(Duration wait) {
    return receive(System.nanoTime() + wait.toNanos());
  }

  /** As {@link #receive(Duration)}, with a deadline by {@link System#nanoTime}. */
  RawMessage receive(long deadline) {
    List<Fd> came = new ArrayList<>();
    boolean done = false;
    try {
      byte[] header = readFully(MessageHeader.BYTES, came, deadline);
      MessageHeader fields =
          MessageHeader.read(ByteBuffer.wrap(header).order(ByteOrder.nativeOrder()));
      if (fields.size() < 0 || fields.size() > MAX_REPLY) {
        throw new BackEndException(
            "The back-end announces a payload of %s bytes for request %d; at most %d are taken"
                .formatted(Integer.toUnsignedString(fields.size()), fields.request(), MAX_REPLY));
      }
      byte[] payload = readFully(fields.size(), came, deadline);
      done = true;
      return new RawMessage(fields.request(), fields.flags(), payload, List.copyOf(came));
    } finally {
      if (!done) {
        came.forEach(Fd::close);
      }
    }
  }

  private byte[] readFully(int length, List<Fd> came, long deadline) {
    byte[] bytes = new byte[length];
    int have = 0;
    while (have < length) {
      int n = socket.receive(bytes, have, length - have, came, deadline);
      if (n == 0) {
        throw new BackEndException("The back-end hung up");
      }
      have += n;
    }
    return bytes;
  }

  /**
   * Waits until the back-end hangs up; whatever it still sends is dropped.
   *
   * @param wait how long to wait for it
   * @return true if it hung up, false if it has not by then
   */
  public boolean awaitHangUp(Duration wait) {
    long deadline = System.nanoTime() + wait.toNanos();
    byte[] dropped = new byte[4096];
    List<Fd> came = new ArrayList<>();
    while (socket.awaitReadable(deadline)) {
      int n = socket.receive(dropped, 0, dropped.length, came, deadline);
      came.forEach(Fd::close);
      if (n == 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Waits until the back-end has sent something, or hung up.
   *
   * @param wait how long to wait
   * @return false if there is nothing by then
   */
  public boolean awaitReadable(Duration wait) {
    return socket.awaitReadable(System.nanoTime() + wait.toNanos());
  }

  /**
   * Waits until this or another descriptor can be read.
   *
   * @param deadline by {@link System#nanoTime}
   * @return a sum of 1 for this and 2 for the other; 0 if neither in time
   */
  int awaitEither(int other, long deadline) {
    return socket.awaitEither(other, deadline);
  }

  /**
   * Looks whether the back-end has hung up; does not wait.
   *
   * @return true if it closed the connection
   */
  public boolean hungUp() {
    return socket.hungUp();
  }

  Duration timeout() {
    return timeout;
  }

  /** Ends the stream to the back-end; what it sends can still be received. */
  public void shutdownWrite() {
    socket.shutdownWrite();
  }

  /**
   * The connection's descriptor.
   *
   * @return the descriptor, which stays this object's
   */
  public int descriptor() {
    return socket.descriptor();
  }

  @Override
  public void close() {
    socket.close();
  }
}
