package dev.virtio4j.vhostuser;

/** Its part of the million mutations of a verified build. */
class VhostUserFuzzIT extends VhostUserFuzz {
  VhostUserFuzzIT() {
    super(20_000);
  }
}
