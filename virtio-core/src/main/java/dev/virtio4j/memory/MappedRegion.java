package dev.virtio4j.memory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A region whose bytes are mapped into this process, so that system calls can move data straight to
 * and from the guest.
 *
 * <p>The mapping is somebody else's (a vhost-user session's, a virtual machine's) and must outlive
 * every snapshot that holds the region: access after it is unmapped ends the JVM.
 *
 * <p>A file behind the mapping can be truncated by its other owner. An access then throws {@link
 * InternalError}, which ends that guest's connection and nothing else.
 */
public final class MappedRegion extends MemoryRegion {
  private static final int CHUNK_SHIFT = 30;
  private static final long CHUNK_MASK = (1L << CHUNK_SHIFT) - 1;

  /**
   * Buffers overlap by this much, so that an access that begins in one also ends in it; the longest
   * is a window over a ring of 32768 descriptors.
   */
  private static final long OVERLAP = 1L << 20;

  /** Ordered access needs aligned native addresses where the guest's are aligned. */
  private static final long ALIGNMENT = 8;

  private final long nativeAddress;
  private final ByteBuffer[] chunks;

  private MappedRegion(long guestAddress, long size, long nativeAddress, ByteBuffer[] chunks) {
    super(guestAddress, size);
    this.nativeAddress = nativeAddress;
    this.chunks = chunks;
  }

  /**
   * Describes mapped memory.
   *
   * @param guestAddress guest-physical address of the first byte, unsigned
   * @param size bytes, at least 1
   * @param nativeAddress where it is mapped in this process, not 0
   * @param views makes direct buffers over native memory
   * @return the region
   * @throws GuestMemoryException if the range is empty or wraps, or guest and native address differ
   *     modulo 8
   */
  public static MappedRegion of(
      long guestAddress, long size, long nativeAddress, NativeViews views) {
    Objects.requireNonNull(views, "views");
    if (nativeAddress == 0) {
      throw new GuestMemoryException("a mapped region needs a native address");
    }
    if (size <= 0) {
      throw new GuestMemoryException("a memory region must have a size of 1 byte or more: " + size);
    }
    if ((guestAddress - nativeAddress) % ALIGNMENT != 0) {
      throw new GuestMemoryException(
          "guest memory at 0x%x is mapped at 0x%x, which is aligned differently"
              .formatted(guestAddress, nativeAddress));
    }
    int count = Math.toIntExact(((size - 1) >>> CHUNK_SHIFT) + 1);
    ByteBuffer[] chunks = new ByteBuffer[count];
    for (int i = 0; i < count; i++) {
      long start = (long) i << CHUNK_SHIFT;
      long length = Math.min(size - start, CHUNK_MASK + 1 + OVERLAP);
      chunks[i] = little(views.view(nativeAddress + start, length));
    }
    return new MappedRegion(guestAddress, size, nativeAddress, chunks);
  }

  /**
   * Describes a direct buffer as guest memory, for hosts that hold it so, and for tests.
   *
   * @param guestAddress guest-physical address of the buffer's first byte, unsigned
   * @param buffer a direct buffer; its whole capacity is used
   * @param nativeAddress the buffer's own address
   * @return the region
   */
  public static MappedRegion of(long guestAddress, ByteBuffer buffer, long nativeAddress) {
    if (!buffer.isDirect()) {
      throw new GuestMemoryException("guest memory must be a direct buffer");
    }
    return of(
        guestAddress,
        buffer.capacity(),
        nativeAddress,
        (address, length) ->
            buffer.slice(Math.toIntExact(address - nativeAddress), Math.toIntExact(length)));
  }

  /** Makes direct buffers over native memory. */
  @FunctionalInterface
  public interface NativeViews {
    /**
     * A direct buffer over native memory.
     *
     * @param address native address
     * @param length bytes, 1 to 2^31 - 1
     * @return a buffer whose index 0 is at {@code address}
     */
    ByteBuffer view(long address, long length);
  }

  private static ByteBuffer little(ByteBuffer buffer) {
    return buffer.order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public long nativeAddress() {
    return nativeAddress;
  }

  /**
   * A buffer over part of the region, for the owner of the memory.
   *
   * @param offset bytes from the region's start
   * @param length bytes
   * @return a direct little-endian buffer, valid while the memory is mapped
   * @throws IndexOutOfBoundsException if the range is not inside, or neither within 1 GiB of the
   *     region's start or a multiple of it nor at most 1 MiB long
   */
  public ByteBuffer view(long offset, int length) {
    Objects.checkFromIndexSize(offset, length, size());
    return slice(offset, length);
  }

  /** A buffer over part of the region; {@code length} is at most the overlap, or in one chunk. */
  ByteBuffer slice(long offset, int length) {
    int chunk = (int) (offset >>> CHUNK_SHIFT);
    return little(chunks[chunk].slice((int) (offset & CHUNK_MASK), length));
  }

  boolean slices(long offset, int length) {
    int chunk = (int) (offset >>> CHUNK_SHIFT);
    return (offset & CHUNK_MASK) + length <= chunks[chunk].capacity();
  }

  private ByteBuffer chunk(long offset) {
    return chunks[(int) (offset >>> CHUNK_SHIFT)];
  }

  private static int index(long offset) {
    return (int) (offset & CHUNK_MASK);
  }

  @Override
  public byte getByte(long offset) {
    return chunk(offset).get(index(offset));
  }

  @Override
  public void putByte(long offset, byte value) {
    chunk(offset).put(index(offset), value);
  }

  @Override
  public short getShort(long offset) {
    return chunk(offset).getShort(index(offset));
  }

  @Override
  public int getInt(long offset) {
    return chunk(offset).getInt(index(offset));
  }

  @Override
  public long getLong(long offset) {
    return chunk(offset).getLong(index(offset));
  }

  @Override
  public void putShort(long offset, short value) {
    chunk(offset).putShort(index(offset), value);
  }

  @Override
  public void putInt(long offset, int value) {
    chunk(offset).putInt(index(offset), value);
  }

  @Override
  public void putLong(long offset, long value) {
    chunk(offset).putLong(index(offset), value);
  }

  @Override
  public void read(long offset, ByteBuffer target, int index, int length) {
    int done = 0;
    while (done < length) {
      ByteBuffer chunk = chunk(offset + done);
      int from = index(offset + done);
      int n = Math.min(length - done, chunk.capacity() - from);
      target.put(index + done, chunk, from, n);
      done += n;
    }
  }

  @Override
  public void write(long offset, ByteBuffer source, int index, int length) {
    int done = 0;
    while (done < length) {
      ByteBuffer chunk = chunk(offset + done);
      int to = index(offset + done);
      int n = Math.min(length - done, chunk.capacity() - to);
      chunk.put(to, source, index + done, n);
      done += n;
    }
  }

  @Override
  public void clear(long offset, long length) {
    long done = 0;
    while (done < length) {
      ByteBuffer chunk = chunk(offset + done);
      int to = index(offset + done);
      int n = (int) Math.min(Math.min(length - done, chunk.capacity() - to), Zeroes.LENGTH);
      chunk.put(to, Zeroes.BUFFER, 0, n);
      done += n;
    }
  }
}
