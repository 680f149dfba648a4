/** The block device and file sharing: disk images and the engines that do their I/O. */
module dev.virtio4j.blk {
  requires transitive dev.virtio4j.core;
  requires HdrHistogram;

  exports dev.virtio4j.blk;
  exports dev.virtio4j.blk.image;

  provides dev.virtio4j.device.VirtioDeviceProvider with
      dev.virtio4j.blk.BlockDeviceProvider;
}
