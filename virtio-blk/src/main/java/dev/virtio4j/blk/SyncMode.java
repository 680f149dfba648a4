package dev.virtio4j.blk;

/** What a guest's flush means (the names are Virtualization.framework's). */
public enum SyncMode {
  /**
   * The data is on the medium: on macOS the drive's own cache is flushed too (F_FULLFSYNC). On
   * Linux the same as {@link #FSYNC}: fdatasync has the drive flush its cache.
   */
  FULL,
  /** The data has been handed to the drive: fdatasync. */
  FSYNC,
  /**
   * Nothing is made durable: for disks that may be lost with the host. The device then offers no
   * FLUSH, as the standard asks of one that is not safe (Virtio 1.4, 5.2.6.2).
   */
  NONE
}
