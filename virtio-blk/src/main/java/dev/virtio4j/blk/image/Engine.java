package dev.virtio4j.blk.image;

/** How a raw image does its I/O. */
public enum Engine {
  /** {@link #VECTORED} on Linux, {@link #IO_URING} there for direct I/O, else {@link #PORTABLE}. */
  AUTO,
  /** FileChannel on threads of the image's own; copies; runs on any system. */
  PORTABLE,
  /**
   * System calls straight on guest memory: on the loop where they need not wait for the disk, else
   * through the loop's file I/O.
   */
  VECTORED,
  /** Everything through the loop's file I/O, which is io_uring where the loop has it. */
  IO_URING
}
