package dev.virtio4j.vhostuser;

/** A moment of it, at each build. */
class VhostUserFuzzTest extends VhostUserFuzz {
  VhostUserFuzzTest() {
    super(1_000);
  }
}
