package dev.virtio4j.device;

import dev.virtio4j.queue.RingFeatures;

/** Feature bits that mean the same for every device type (Virtio 1.4, 6). */
public final class VirtioFeatures {
  /** VIRTIO_F_INDIRECT_DESC. */
  public static final long INDIRECT_DESC = RingFeatures.INDIRECT_DESC;

  /** VIRTIO_F_EVENT_IDX. */
  public static final long EVENT_IDX = RingFeatures.EVENT_IDX;

  /** VIRTIO_F_VERSION_1. */
  public static final long VERSION_1 = 1L << 32;

  /** VIRTIO_F_ACCESS_PLATFORM. */
  public static final long ACCESS_PLATFORM = 1L << 33;

  /** VIRTIO_F_RING_PACKED. */
  public static final long RING_PACKED = RingFeatures.RING_PACKED;

  /** VIRTIO_F_IN_ORDER. */
  public static final long IN_ORDER = RingFeatures.IN_ORDER;

  /** VIRTIO_F_ORDER_PLATFORM. */
  public static final long ORDER_PLATFORM = 1L << 36;

  /** VIRTIO_F_NOTIFICATION_DATA. */
  public static final long NOTIFICATION_DATA = 1L << 38;

  /** VIRTIO_F_RING_RESET. */
  public static final long RING_RESET = 1L << 40;

  /** What the rings of this framework do for any device. */
  public static final long RINGS =
      VERSION_1
          | INDIRECT_DESC
          | EVENT_IDX
          | RING_PACKED
          | IN_ORDER
          | NOTIFICATION_DATA
          | RING_RESET;

  private VirtioFeatures() {}
}
