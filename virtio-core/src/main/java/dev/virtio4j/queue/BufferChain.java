package dev.virtio4j.queue;

import dev.virtio4j.memory.DirtyLog;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MemoryRegion;
import java.util.Arrays;

/**
 * One request: a list of device-readable segments followed by device-writable ones.
 *
 * <p>Every descriptor was copied once and checked as a whole before the chain is handed out; what
 * the guest writes to its descriptors later changes nothing here. Chains are pooled by their queue:
 * one is valid from {@link Virtqueue#poll()} to {@link Virtqueue#complete(BufferChain, long)}.
 */
public final class BufferChain {
  private static final int INITIAL_SEGMENTS = 8;

  /**
   * What a chain keeps room for once it is done: more than drivers in the field use, and little
   * enough that a guest cannot make every chain of a queue large for ever. Less in the largest
   * rings.
   */
  private static final int KEPT_SEGMENTS = 256;

  private final Virtqueue queue;
  private final int slot;
  private final int kept;
  private final ChainReader reader;
  private final ChainWriter writer;
  private final IoVector vector = new IoVector();

  private MemoryRegion[] regions = new MemoryRegion[INITIAL_SEGMENTS];
  private long[] offsets = new long[INITIAL_SEGMENTS];
  private long[] lengths = new long[INITIAL_SEGMENTS];
  private int readable;
  private int count;
  private long readableBytes;
  private long writableBytes;

  private int id;
  private int ringDescriptors;
  private int logEntry;
  private boolean inFlight;
  private boolean accepted;
  private boolean held;
  private long heldWritten;

  BufferChain(Virtqueue queue, int slot) {
    this.queue = queue;
    this.slot = slot;
    this.kept = Math.min(KEPT_SEGMENTS, Virtqueue.MAX_SEGMENTS / queue.size);
    this.reader = new ChainReader(this);
    this.writer = new ChainWriter(this);
  }

  // Filling, by the queue

  void begin(int newId) {
    id = newId;
    count = 0;
    readable = 0;
    readableBytes = 0;
    writableBytes = 0;
    inFlight = true;
    accepted = false;
    held = false;
  }

  void end() {
    inFlight = false;
    held = false;
    if (regions.length > kept) {
      room(kept);
      vector.shrink(kept);
    }
  }

  /** How many segments fit without more memory. */
  int room() {
    return regions.length;
  }

  private void room(int segments) {
    regions = Arrays.copyOf(regions, segments);
    offsets = Arrays.copyOf(offsets, segments);
    lengths = Arrays.copyOf(lengths, segments);
  }

  /**
   * Tells whether the chain is the device's: taken, and not yet given back.
   *
   * @return true while it is
   */
  public boolean inFlight() {
    return inFlight && !held;
  }

  /** Adds one descriptor; returns null, or how it breaks a rule. */
  QueueFault.Kind add(GuestMemory memory, long address, int length, boolean writable) {
    if (length == 0) {
      return null;
    }
    long bytes = Integer.toUnsignedLong(length);
    MemoryRegion region = memory.find(address, bytes);
    if (region == null) {
      return QueueFault.Kind.ADDRESS;
    }
    if (count == regions.length) {
      room(2 * count);
    }
    regions[count] = region;
    offsets[count] = address - region.guestAddress();
    lengths[count] = bytes;
    count++;
    if (writable) {
      writableBytes += bytes;
      return writableBytes > 0xffff_ffffL ? QueueFault.Kind.TOTAL_LENGTH : null;
    }
    if (count - 1 != readable) {
      return QueueFault.Kind.ORDER;
    }
    readable++;
    readableBytes += bytes;
    return readableBytes > 0xffff_ffffL ? QueueFault.Kind.TOTAL_LENGTH : null;
  }

  static String explain(QueueFault.Kind kind, long address, int length) {
    return switch (kind) {
      case ORDER -> "a device-readable descriptor follows a device-writable one";
      case TOTAL_LENGTH -> "a chain of more than 2^32 - 1 bytes";
      default ->
          "buffer at 0x%x with %s bytes is not in guest memory"
              .formatted(address, Integer.toUnsignedString(length));
    };
  }

  void finish(int newRingDescriptors) {
    ringDescriptors = newRingDescriptors;
    accepted = true;
    reader.rewind();
    writer.rewind();
  }

  /** A write found that the memory behind the chain has vanished. */
  void memoryLost(InternalError e) {
    queue.memoryLost(e);
  }

  /** Whether the chain was filled and handed out, since it was begun. */
  boolean accepted() {
    return accepted;
  }

  /** How many descriptors of the ring itself the chain takes: what a packed ring skips. */
  int ringDescriptors() {
    return ringDescriptors;
  }

  /** Sets the driver's name for the chain, which a packed list tells last. */
  void identify(int newId) {
    id = newId;
  }

  /** Notes the inflight log's entry of the chain. */
  void logged(int newLogEntry) {
    logEntry = newLogEntry;
  }

  int logEntry() {
    return logEntry;
  }

  void hold(long written) {
    held = true;
    heldWritten = written;
  }

  boolean held() {
    return held;
  }

  long heldWritten() {
    return heldWritten;
  }

  void markWritable(DirtyLog log) {
    for (int i = readable; i < count; i++) {
      log.mark(segmentAddress(i), lengths[i]);
    }
  }

  // Use, by the device

  /**
   * A number that no other chain of this queue has that is in flight, for a device's own tables.
   *
   * @return 0 to queue size - 1
   */
  public int slot() {
    return slot;
  }

  /**
   * The driver's name for the chain: its head's index (split) or buffer id (packed). Opaque: two
   * chains of a bad guest may have the same.
   *
   * @return 0 to 65535
   */
  public int id() {
    return id;
  }

  /**
   * How many segments there are, device-readable ones first.
   *
   * @return 0 or more; empty segments are left out
   */
  public int segments() {
    return count;
  }

  /**
   * How many segments are device-readable.
   *
   * @return 0 to {@link #segments()}
   */
  public int readableSegments() {
    return readable;
  }

  /**
   * How much the device may read.
   *
   * @return bytes, 0 to 2^32 - 1
   */
  public long readableBytes() {
    return readableBytes;
  }

  /**
   * How much the device may write.
   *
   * @return bytes, 0 to 2^32 - 1
   */
  public long writableBytes() {
    return writableBytes;
  }

  /**
   * The region of a segment.
   *
   * @param index 0 to {@link #segments()} - 1
   * @return the region that holds all of it
   */
  MemoryRegion segmentRegion(int index) {
    return regions[index];
  }

  long segmentOffset(int index) {
    return offsets[index];
  }

  /**
   * Where a segment begins.
   *
   * @param index 0 to {@link #segments()} - 1
   * @return its guest-physical address, unsigned
   */
  public long segmentAddress(int index) {
    return regions[index].guestAddress() + offsets[index];
  }

  /**
   * How long a segment is.
   *
   * @param index 0 to {@link #segments()} - 1
   * @return bytes, 1 to 2^32 - 1
   */
  public long segmentLength(int index) {
    return lengths[index];
  }

  IoVector vector() {
    return vector;
  }

  /**
   * Reads the device-readable part.
   *
   * @return the chain's one reader, at the first byte when the chain is handed out
   */
  public ChainReader reader() {
    return reader;
  }

  /**
   * Writes the device-writable part.
   *
   * @return the chain's one writer, at the first byte when the chain is handed out
   */
  public ChainWriter writer() {
    return writer;
  }

  @Override
  public String toString() {
    return "BufferChain[id=%d, readable=%d bytes, writable=%d bytes, segments=%d]"
        .formatted(id, readableBytes, writableBytes, count);
  }
}
