package dev.virtio4j.queue;

/** Most of the million mutations of a verified build. */
class RingFuzzIT extends RingFuzz {
  RingFuzzIT() {
    super(475_000);
  }
}
