package dev.virtio4j.posix;

/** Anonymous files: {@code memfd_create(2)}'s flags. */
public final class MemFdFlags {
  /** Not for child processes. */
  public static final int MFD_CLOEXEC = 1;

  /** Seals may be set. */
  public static final int MFD_ALLOW_SEALING = 2;

  /** Of huge pages. */
  public static final int MFD_HUGETLB = 4;

  private MemFdFlags() {}
}
