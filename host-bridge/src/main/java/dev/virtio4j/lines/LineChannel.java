package dev.virtio4j.lines;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * Lines over a socket, with a bound on their length and on the time that they take. For one thread,
 * but for {@link #close}.
 */
public final class LineChannel implements AutoCloseable {
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final ByteBuffer buffer = ByteBuffer.allocate(8192).flip();

  /**
   * Takes a socket over.
   *
   * @param channel connected; closed with this object
   * @throws IOException if there are no descriptors left
   */
  public LineChannel(SocketChannel channel) throws IOException {
    this.channel = channel;
    channel.configureBlocking(false);
    selector = channel.provider().openSelector();
    key = channel.register(selector, 0);
  }

  /**
   * Reads a line.
   *
   * @param most bytes
   * @param millis until it is there
   * @return the line without its end; null if the other side has hung up instead
   * @throws SocketTimeoutException if it comes too late
   * @throws IOException if it is too long, or the connection fails
   */
  public String read(int most, long millis) throws IOException {
    long deadline = System.nanoTime() + millis * 1_000_000;
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      while (buffer.hasRemaining()) {
        byte b = buffer.get();
        if (b == '\n') {
          return line.toString(StandardCharsets.UTF_8);
        }
        line.write(b);
      }
      if (line.size() > most) {
        throw new IOException("a line is longer than " + most + " bytes");
      }
      buffer.clear();
      int count = channel.read(buffer);
      buffer.flip();
      if (count < 0) {
        if (line.size() > 0) {
          throw new EOFException("the connection ended within a line");
        }
        return null;
      }
      if (count == 0) {
        await(SelectionKey.OP_READ, deadline);
      }
    }
  }

  /**
   * Writes a line.
   *
   * @param line without its end
   * @param millis until the other side has taken it
   * @throws SocketTimeoutException if that takes longer
   * @throws IOException if the connection fails
   */
  public void write(String line, long millis) throws IOException {
    long deadline = System.nanoTime() + millis * 1_000_000;
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        await(SelectionKey.OP_WRITE, deadline);
      }
    }
  }

  private void await(int operation, long deadline) throws IOException {
    try {
      key.interestOps(operation);
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0 || selector.select(left) == 0) {
        if (Thread.interrupted()) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted");
        }
        if (System.nanoTime() - deadline >= 0) {
          throw new SocketTimeoutException("the other side took too long");
        }
      }
      selector.selectedKeys().clear();
    } catch (CancelledKeyException | ClosedSelectorException closed) {
      throw new IOException("the connection was closed", closed);
    }
  }

  @Override
  public void close() throws IOException {
    try (selector) {
      channel.close();
    }
  }
}
