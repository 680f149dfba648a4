package dev.virtio4j.posix;

/** Mapping memory: {@code mmap(2)}'s and {@code madvise(2)}'s values on Linux. */
public final class MemoryMap {
  /** No access. */
  public static final int PROT_NONE = 0;

  /** May be read. */
  public static final int PROT_READ = 1;

  /** May be written. */
  public static final int PROT_WRITE = 2;

  /** Writes reach the file, and others. */
  public static final int MAP_SHARED = 1;

  /** Writes stay here. */
  public static final int MAP_PRIVATE = 2;

  /** Exactly there. */
  public static final int MAP_FIXED = 0x10;

  /** No file behind it. */
  public static final int MAP_ANONYMOUS = 0x20;

  /** Reserve no swap. */
  public static final int MAP_NORESERVE = 0x4000;

  /** Fault it in now. */
  public static final int MAP_POPULATE = 0x8000;

  /** Forget the pages of this mapping. */
  public static final int MADV_DONTNEED = 4;

  /** Punch a hole into the file behind it. */
  public static final int MADV_REMOVE = 9;

  /** Not for child processes. */
  public static final int MADV_DONTFORK = 10;

  /** Huge pages are welcome. */
  public static final int MADV_HUGEPAGE = 14;

  /** Not into core dumps. */
  public static final int MADV_DONTDUMP = 16;

  /** What {@code mmap} returns when it failed. */
  public static final long MAP_FAILED = -1;

  private MemoryMap() {}
}
