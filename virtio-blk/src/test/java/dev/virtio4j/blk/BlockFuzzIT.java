package dev.virtio4j.blk;

/** Its part of the million mutations of a verified build. */
class BlockFuzzIT extends BlockFuzz {
  BlockFuzzIT() {
    super(45_000);
  }
}
