package dev.virtio4j.blk;

/** A moment of it, at each build. */
class BlockFuzzTest extends BlockFuzz {
  BlockFuzzTest() {
    super(5_000);
  }
}
