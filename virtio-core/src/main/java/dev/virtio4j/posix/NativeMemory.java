package dev.virtio4j.posix;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Addresses of direct buffers, and direct buffers at addresses. For set-up, not for the data path.
 */
public final class NativeMemory {
  /** {@code sysconf}'s number for the page size. */
  private static final int SC_PAGESIZE = 30;

  private NativeMemory() {}

  /**
   * Bytes of a page of this system.
   *
   * @return a power of two
   */
  public static int pageSize() {
    return (int) Libc.sysconf(SC_PAGESIZE);
  }

  /**
   * Zeroed native memory.
   *
   * @param size bytes
   * @param alignment a power of two; what the address is a multiple of
   * @return a direct buffer in native byte order, which owns the memory
   */
  public static ByteBuffer allocate(int size, int alignment) {
    // An aligned slice ends at a multiple of the alignment, too.
    int rounded = Math.addExact(size, alignment - 1) & -alignment;
    ByteBuffer buffer = ByteBuffer.allocateDirect(Math.addExact(rounded, alignment));
    return buffer.alignedSlice(alignment).slice(0, size).order(ByteOrder.nativeOrder());
  }

  /**
   * Where a direct buffer's index 0 is.
   *
   * @param buffer a direct buffer, which must be kept reachable while the address is used
   * @return its native address
   */
  public static long address(ByteBuffer buffer) {
    return Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
  }

  /**
   * A direct buffer over native memory that somebody else owns.
   *
   * @param address native address
   * @param length bytes, 1 to 2^31 - 1
   * @return a buffer whose index 0 is at the address, in native byte order
   */
  public static ByteBuffer view(long address, long length) {
    return new Pointer(address).getByteBuffer(0, length).order(ByteOrder.nativeOrder());
  }
}
