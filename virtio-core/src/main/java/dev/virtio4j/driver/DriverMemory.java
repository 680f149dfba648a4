package dev.virtio4j.driver;

import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MappedRegion;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Mapping;
import dev.virtio4j.posix.MemFd;
import dev.virtio4j.posix.MemoryMap;
import dev.virtio4j.posix.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Guest memory of one region that this process owns, from which a driver allocates rings and
 * buffers. Addresses are guest-physical.
 */
public final class DriverMemory implements AutoCloseable {
  private static final int PAGE = 4096;

  private final long guestAddress;
  private final MappedRegion region;
  private final GuestMemory memory;
  private final Fd file;
  private final Mapping mapping;
  private long allocated;

  private DriverMemory(MappedRegion region, Fd file, Mapping mapping) {
    this.guestAddress = region.guestAddress();
    this.region = region;
    this.memory = GuestMemory.of(region);
    this.file = file;
    this.mapping = mapping;
  }

  /**
   * Makes memory of this process alone, which the garbage collector frees.
   *
   * @param guestAddress where the guest sees it, a multiple of the page size
   * @param size bytes, at least 1
   * @return zeroed memory
   */
  public static DriverMemory direct(long guestAddress, int size) {
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(Math.addExact(size, PAGE)).alignedSlice(PAGE).slice(0, size);
    return new DriverMemory(
        MappedRegion.of(guestAddress, buffer, NativeMemory.address(buffer)), null, null);
  }

  /**
   * Makes memory that can be handed to another process: an anonymous file, mapped shared.
   *
   * @param guestAddress where the guest sees it, a multiple of the page size
   * @param size bytes, at least 1
   * @return zeroed memory, to be closed
   * @throws dev.virtio4j.posix.PosixException if there is no room
   */
  public static DriverMemory shared(long guestAddress, long size) {
    Fd file = MemFd.create("virtio4j-driver", size);
    try {
      Mapping mapping =
          Mapping.shared(file.value(), 0, size, MemoryMap.PROT_READ | MemoryMap.PROT_WRITE);
      return new DriverMemory(
          MappedRegion.of(guestAddress, size, mapping.address(), NativeMemory::view),
          file,
          mapping);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /**
   * Where the guest sees the memory.
   *
   * @return guest-physical address of its first byte
   */
  public long guestAddress() {
    return guestAddress;
  }

  /**
   * How much there is.
   *
   * @return bytes
   */
  public long size() {
    return region.size();
  }

  /**
   * The file behind the memory.
   *
   * @return its descriptor, which stays this object's; -1 where there is none
   */
  public int descriptor() {
    return file == null ? -1 : file.value();
  }

  /**
   * The memory as devices take it.
   *
   * @return the region
   */
  public MappedRegion region() {
    return region;
  }

  /**
   * The memory as devices take it.
   *
   * @return a snapshot of this region alone
   */
  public GuestMemory guestMemory() {
    return memory;
  }

  /**
   * Takes a part that nobody else has. It is never given back.
   *
   * @param bytes how much
   * @param alignment what its address is to be a multiple of; a power of two
   * @return its guest-physical address
   * @throws IllegalStateException if there is not so much left
   */
  public long allocate(long bytes, int alignment) {
    long start = (guestAddress + allocated + alignment - 1) & -alignment;
    long offset = start - guestAddress;
    if (bytes < 0 || offset > size() || bytes > size() - offset) {
      throw new IllegalStateException(
          "%d bytes are wanted, but %d of %d bytes of driver memory are taken"
              .formatted(bytes, allocated, size()));
    }
    allocated = offset + bytes;
    return start;
  }

  /**
   * A buffer over part of the memory.
   *
   * @param address guest-physical address
   * @param length bytes
   * @return a little-endian buffer whose index 0 is at the address; not to be used after {@link
   *     #close()}
   * @throws IndexOutOfBoundsException if the range is not inside
   */
  public ByteBuffer view(long address, int length) {
    if (!region.contains(address, length)) {
      throw new IndexOutOfBoundsException(
          "0x%x+%d is not in %s".formatted(address, length, memory));
    }
    return region.view(address - guestAddress, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Where part of the memory is in this process.
   *
   * @param address guest-physical address
   * @return its native address
   */
  public long nativeAddress(long address) {
    return region.nativeAddress() + (address - guestAddress);
  }

  /** Unmaps shared memory; nothing may use it any more. Memory of this process alone stays. */
  @Override
  public void close() {
    if (mapping != null) {
      mapping.close();
      file.close();
    }
  }
}
