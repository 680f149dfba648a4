package dev.virtio4j.memory;

import java.nio.ByteBuffer;

/**
 * What a hypervisor offers whose guest memory cannot be mapped, only copied.
 *
 * <p>Offsets count bytes from the region's first; callers stay inside it. Implementations are
 * called from the loop of every queue that uses the region, so they are safe for use by several
 * threads.
 */
public interface MemoryAccessor {
  /**
   * Copies guest memory out.
   *
   * @param offset first byte
   * @param target where to; its position and limit are left alone
   * @param index first index in {@code target}
   * @param length bytes
   */
  void read(long offset, ByteBuffer target, int index, int length);

  /**
   * Copies into guest memory.
   *
   * @param offset first byte
   * @param source where from; its position and limit are left alone
   * @param index first index in {@code source}
   * @param length bytes
   */
  void write(long offset, ByteBuffer source, int index, int length);

  /**
   * Loads 16 bits, little-endian; no later access of this thread is done before it.
   *
   * @param offset first byte, even
   * @return the value
   */
  short getShortAcquire(long offset);

  /**
   * Stores 16 bits, little-endian; every earlier access of this thread is done before it.
   *
   * @param offset first byte, even
   * @param value the value
   */
  void putShortRelease(long offset, short value);

  /** A full fence: earlier stores are seen by the guest before later loads are made. */
  void fence();
}
