package dev.virtio4j.memory;

import java.lang.ref.Reference;

/**
 * Where the truncation of a file behind guest memory shows.
 *
 * <p>The access throws {@link InternalError}. Before JDK 21, compiled code throws it only when the
 * thread next comes back from a call into the virtual machine, which may be long after and in the
 * middle of another guest's work; returning from a native method is not enough. Who has touched one
 * guest's memory and goes on to something else calls {@link #surface()} first, so that the error is
 * thrown there.
 */
public final class MemoryFaults {
  private static final boolean LATE = Runtime.version().feature() < 21;

  private MemoryFaults() {}

  /**
   * Throws the error of an access before, if there is one. Some 30 ns before JDK 21, else nothing.
   *
   * @throws InternalError if this thread has touched memory that has gone away
   */
  // All that the fence is for is that the array is not optimized away.
  @SuppressWarnings("ReachabilityFenceUsage")
  public static void surface() {
    if (LATE) {
      // An array of arrays whose lengths the compiler does not know is made by the virtual machine
      // itself: the cheapest call into it that there is. It is 0, and costs 16 bytes.
      int nothing = (int) (Thread.currentThread().getId() >>> 62);
      int[][] made = new int[nothing][nothing];
      Reference.reachabilityFence(made);
    }
  }
}
