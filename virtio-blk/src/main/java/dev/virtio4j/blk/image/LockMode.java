package dev.virtio4j.blk.image;

/** Whether an image file is locked against other users. */
public enum LockMode {
  /** Locked where the system and the file system can; otherwise not. */
  AUTO,
  /** Locked, or not opened at all. */
  ON,
  /** Not locked: somebody else sees to it that there is one writer. */
  OFF
}
