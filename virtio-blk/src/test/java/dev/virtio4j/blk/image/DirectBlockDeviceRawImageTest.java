package dev.virtio4j.blk.image;

class DirectBlockDeviceRawImageTest extends BlockDeviceRawImageTest {
  @Override
  boolean direct() {
    return true;
  }
}
