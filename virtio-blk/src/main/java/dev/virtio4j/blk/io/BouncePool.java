package dev.virtio4j.blk.io;

/**
 * Aligned buffers that data takes a detour through. Allocated when first needed, at most so many;
 * who finds none waits. Used on one loop alone.
 */
public final class BouncePool {
  private static final int LIMIT = 32;

  private final Bounce[] free = new Bounce[LIMIT];
  private int freeCount;
  private int allocated;

  /** Makes a pool without buffers. */
  public BouncePool() {}

  /**
   * Takes a buffer.
   *
   * @return a buffer, or null if all are taken
   */
  public Bounce take() {
    if (freeCount > 0) {
      return free[--freeCount];
    }
    if (allocated == LIMIT) {
      return null;
    }
    allocated++;
    return new Bounce();
  }

  /**
   * Gives a buffer back.
   *
   * @param buffer one that was taken
   */
  public void give(Bounce buffer) {
    free[freeCount++] = buffer;
  }
}
