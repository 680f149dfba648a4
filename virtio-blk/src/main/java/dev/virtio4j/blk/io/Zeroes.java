package dev.virtio4j.blk.io;

import dev.virtio4j.posix.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Zeroes to write: one small page-aligned buffer that an array of {@code struct iovec} names many
 * times. Never written to; one an image.
 */
public final class Zeroes {
  private static final int BUFFER = 64 << 10;
  private static final int ENTRIES = 64;
  private static final int ENTRY = 16;

  private final ByteBuffer buffer = NativeMemory.allocate(BUFFER, 4096);
  private final ByteBuffer vector = NativeMemory.allocate(ENTRIES * ENTRY, 16);
  private final long address = NativeMemory.address(buffer);
  private final long vectorAddress;

  /** Makes some. */
  public Zeroes() {
    vector.order(ByteOrder.nativeOrder());
    for (int i = 0; i < ENTRIES; i++) {
      vector.putLong(i * ENTRY, address).putLong(i * ENTRY + 8, BUFFER);
    }
    vectorAddress = NativeMemory.address(vector);
  }

  /**
   * Where the array is.
   *
   * @return native address
   */
  public long vector() {
    return vectorAddress;
  }

  /**
   * Where the zeroes are.
   *
   * @return native address of {@link #length()} zero bytes
   */
  public long address() {
    return address;
  }

  /**
   * How many zeroes lie at {@link #address()}, and how many each entry of the array stands for.
   *
   * @return bytes
   */
  public int length() {
    return BUFFER;
  }

  /**
   * How many entries the array has.
   *
   * @return entries
   */
  public int entries() {
    return ENTRIES;
  }
}
