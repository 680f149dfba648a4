/** The block device and file sharing: disk images and the engines that do their I/O. */
module dev.virtio4j.blk {
  requires transitive dev.virtio4j.core;
}
