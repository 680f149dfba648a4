package dev.virtio4j.bench;

import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.queue.RingFeatures;

/** A block device's feature bits, configuration and requests, as a driver sees them (5.2). */
final class BlkFeatures {
  static final long SIZE_MAX = 1L << 1;
  static final long RO = 1L << 5;
  static final long BLK_SIZE = 1L << 6;
  static final long FLUSH = 1L << 9;
  static final long MQ = 1L << 12;

  // struct virtio_blk_config
  static final int CAPACITY_AT = 0;
  static final int SIZE_MAX_AT = 8;
  static final int BLK_SIZE_AT = 20;
  static final int CONFIG_BYTES = 36;

  static final int T_IN = 0;
  static final int T_OUT = 1;
  static final int T_FLUSH = 4;

  static final int HEADER_BYTES = 16;

  private BlkFeatures() {}

  /** What a load accepts where it is offered. */
  static long wanted(BlkLoadOptions options) {
    RingOptions rings = options.rings();
    return VirtioFeatures.VERSION_1
        | SIZE_MAX
        | RO
        | BLK_SIZE
        | FLUSH
        | (rings.queues() > 1 ? MQ : 0)
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
