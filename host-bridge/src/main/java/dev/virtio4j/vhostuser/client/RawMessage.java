package dev.virtio4j.vhostuser.client;

import dev.virtio4j.posix.Fd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** A message as it came from the back-end, with nothing checked but that it ends. */
public final class RawMessage implements AutoCloseable {
  private final int request;
  private final int flags;
  private final byte[] payload;
  private final List<Fd> descriptors;

  RawMessage(int request, int flags, byte[] payload, List<Fd> descriptors) {
    this.request = request;
    this.flags = flags;
    this.payload = payload;
    this.descriptors = List.copyOf(descriptors);
  }

  /**
   * What it is or replies to.
   *
   * @return the header's request id
   */
  public int request() {
    return request;
  }

  /**
   * The header's flags.
   *
   * @return version in bits 0 and 1, REPLY 0x4, NEED_REPLY 0x8
   */
  public int flags() {
    return flags;
  }

  /**
   * What followed the header.
   *
   * @return as many bytes as the header's size said; a copy
   */
  public byte[] payload() {
    return payload.clone();
  }

  /**
   * How long the payload is.
   *
   * @return bytes
   */
  public int size() {
    return payload.length;
  }

  /**
   * Reads a u64, the payload of most replies.
   *
   * @param offset bytes from the payload's start
   * @return the value
   * @throws BackEndException if the payload is too short
   */
  public long u64(int offset) {
    return at(offset, Long.BYTES).getLong(offset);
  }

  /**
   * Reads a u32.
   *
   * @param offset bytes from the payload's start
   * @return the value
   * @throws BackEndException if the payload is too short
   */
  public int u32(int offset) {
    return at(offset, Integer.BYTES).getInt(offset);
  }

  /** The payload, which holds so many bytes at the offset. */
  ByteBuffer at(int offset, int bytes) {
    if (offset + bytes > payload.length) {
      throw new BackEndException(
          "The back-end's reply to request %d has a payload of %d bytes; %d are needed"
              .formatted(request, payload.length, offset + bytes));
    }
    return ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder());
  }

  /**
   * The descriptors that came with it.
   *
   * @return their numbers; they are closed with this object
   */
  public int[] descriptors() {
    return descriptors.stream().mapToInt(Fd::value).toArray();
  }

  /** A descriptor of one's own for the one that came with it. */
  Fd duplicateDescriptor() {
    if (descriptors.size() != 1) {
      throw new BackEndException(
          "The back-end's reply to request %d came with %d descriptors; one is needed"
              .formatted(request, descriptors.size()));
    }
    return descriptors.get(0).duplicate();
  }

  /** Closes the descriptors that came with it. */
  @Override
  public void close() {
    descriptors.forEach(Fd::close);
  }

  @Override
  public String toString() {
    return "RawMessage[request=%d, flags=0x%x, size=%d, descriptors=%d]"
        .formatted(request, flags, payload.length, descriptors.size());
  }
}
