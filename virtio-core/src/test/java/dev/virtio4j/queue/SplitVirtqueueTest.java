package dev.virtio4j.queue;

class SplitVirtqueueTest extends VirtqueueContract {
  @Override
  RingFeatures features(boolean indirect, boolean eventIdx, boolean inOrder) {
    return new RingFeatures(false, indirect, eventIdx, inOrder);
  }
}
