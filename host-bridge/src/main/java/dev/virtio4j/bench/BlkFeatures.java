package dev.virtio4j.bench;

import dev.virtio4j.blk.VirtioBlk;
import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.queue.RingFeatures;

/** What a load takes of a block device's features (5.2.3). */
final class BlkFeatures {
  /** How much of the configuration a load reads. */
  static final int CONFIG_BYTES = VirtioBlk.CONFIG_MAX_DISCARD_SECTORS;

  private BlkFeatures() {}

  /** What a load accepts where it is offered. */
  static long wanted(BlkLoadOptions options) {
    RingOptions rings = options.rings();
    return VirtioFeatures.VERSION_1
        | VirtioBlk.F_SIZE_MAX
        | VirtioBlk.F_RO
        | VirtioBlk.F_BLK_SIZE
        | VirtioBlk.F_FLUSH
        | (rings.queues() > 1 ? VirtioBlk.F_MQ : 0)
        | (rings.packed() ? RingFeatures.RING_PACKED : 0)
        | (rings.eventIdx() ? RingFeatures.EVENT_IDX : 0)
        | (rings.indirect() ? RingFeatures.INDIRECT_DESC : 0);
  }

  static boolean packed(long features) {
    return (features & RingFeatures.RING_PACKED) != 0;
  }

  static boolean eventIdx(long features) {
    return (features & RingFeatures.EVENT_IDX) != 0;
  }

  static boolean indirect(long features) {
    return (features & RingFeatures.INDIRECT_DESC) != 0;
  }
}
