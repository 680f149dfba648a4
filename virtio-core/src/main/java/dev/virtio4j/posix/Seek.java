package dev.virtio4j.posix;

/** Where {@code lseek(2)} goes. */
public final class Seek {
  /** From the start. */
  public static final int SEEK_SET = 0;

  /** From here. */
  public static final int SEEK_CUR = 1;

  /** From the end. */
  public static final int SEEK_END = 2;

  /** To the next data at or after the offset; ENXIO if there is none. */
  public static final int SEEK_DATA = 3;

  /** To the next hole at or after the offset; the end counts as one. */
  public static final int SEEK_HOLE = 4;

  private Seek() {}
}
