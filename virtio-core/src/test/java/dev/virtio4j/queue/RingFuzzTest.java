package dev.virtio4j.queue;

/** A moment of it, at each build. */
class RingFuzzTest extends RingFuzz {
  RingFuzzTest() {
    super(40_000);
  }
}
