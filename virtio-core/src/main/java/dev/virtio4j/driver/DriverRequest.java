package dev.virtio4j.driver;

import dev.virtio4j.queue.DescriptorFlags;

/**
 * A request whose descriptors were prepared once, to be submitted again and again: what a load
 * generator keeps one of for each request in flight. Belongs to the queue that prepared it.
 */
public final class DriverRequest {
  final DriverQueue queue;
  final long[] addresses;
  final int[] lengths;

  /** NEXT, WRITE; without AVAIL and USED. */
  final int[] flags;

  /** Where the indirect table is; 0 for a chain in the ring. */
  final long table;

  /** The descriptors that the request has for good (split); null otherwise. */
  final int[] descriptors;

  /** The head's index (split) or the buffer id (packed). */
  final int id;

  private final long writableBytes;
  private boolean submitted;
  private long written;
  private long tag;

  DriverRequest(DriverQueue queue, int id, int[] descriptors, long table, Segment... segments) {
    this.queue = queue;
    this.id = id;
    this.descriptors = descriptors;
    this.table = table;
    this.addresses = new long[segments.length];
    this.lengths = new int[segments.length];
    this.flags = new int[segments.length];
    long bytes = 0;
    for (int i = 0; i < segments.length; i++) {
      addresses[i] = segments[i].address();
      lengths[i] = segments[i].length();
      flags[i] = i + 1 < segments.length ? DescriptorFlags.NEXT : 0;
      if (segments[i].writable()) {
        flags[i] |= DescriptorFlags.WRITE;
        bytes += Integer.toUnsignedLong(segments[i].length());
      }
    }
    this.writableBytes = bytes;
  }

  /** How many descriptors of the ring it takes. */
  int ringDescriptors() {
    return table != 0 ? 1 : addresses.length;
  }

  void submitted(boolean now) {
    submitted = now;
  }

  void written(long bytes) {
    written = bytes;
  }

  long writableBytes() {
    return writableBytes;
  }

  /**
   * How many segments the request has.
   *
   * @return 1 or more
   */
  public int segments() {
    return addresses.length;
  }

  /**
   * Moves a segment, while the request is not submitted.
   *
   * @param index which, 0 to {@link #segments()} - 1
   * @param address guest-physical address
   * @param length bytes, unsigned
   * @throws IllegalStateException if the device has the request
   */
  public void segment(int index, long address, int length) {
    if (submitted) {
      throw new IllegalStateException("the device has the request");
    }
    addresses[index] = address;
    lengths[index] = length;
    queue.write(this, index);
  }

  /**
   * Tells whether the device has the request.
   *
   * @return true from its submission until {@link DriverQueue#poll()} returns it
   */
  public boolean submitted() {
    return submitted;
  }

  /**
   * What the device said that it wrote.
   *
   * @return the used length of the last completion: bytes, unsigned 32 bits
   */
  public long written() {
    return written;
  }

  /**
   * The caller's own number.
   *
   * @return what {@link #tag(long)} set last, 0 at first
   */
  public long tag() {
    return tag;
  }

  /**
   * Sets the caller's own number, such as a start time or an index.
   *
   * @param newTag any
   */
  public void tag(long newTag) {
    tag = newTag;
  }

  @Override
  public String toString() {
    return "DriverRequest[id=%d, segments=%d%s]"
        .formatted(id, addresses.length, submitted ? ", submitted" : "");
  }
}
