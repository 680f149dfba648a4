package dev.virtio4j.posix;

/** What {@code fallocate(2)} does. */
public final class Falloc {
  /** The file's length stays. */
  public static final int FALLOC_FL_KEEP_SIZE = 1;

  /** Give the blocks back; reads as zeroes. With KEEP_SIZE. */
  public static final int FALLOC_FL_PUNCH_HOLE = 2;

  /** Reads as zeroes; blocks may stay. */
  public static final int FALLOC_FL_ZERO_RANGE = 0x10;

  private Falloc() {}
}
