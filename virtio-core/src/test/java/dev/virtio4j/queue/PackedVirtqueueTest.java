package dev.virtio4j.queue;

class PackedVirtqueueTest extends VirtqueueContract {
  @Override
  RingFeatures features(boolean indirect, boolean eventIdx, boolean inOrder) {
    return new RingFeatures(true, indirect, eventIdx, inOrder);
  }
}
