package dev.virtio4j.queue;

/**
 * The negotiated features that shape a ring.
 *
 * @param packed VIRTIO_F_RING_PACKED: the packed layout (Virtio 1.4, 2.8)
 * @param indirect VIRTIO_F_INDIRECT_DESC: descriptors may refer to tables of descriptors
 * @param eventIdx VIRTIO_F_EVENT_IDX: notifications are suppressed up to an index
 * @param inOrder VIRTIO_F_IN_ORDER: buffers are used in the order in which they became available
 */
public record RingFeatures(boolean packed, boolean indirect, boolean eventIdx, boolean inOrder) {
  /** Feature bit VIRTIO_F_INDIRECT_DESC. */
  public static final long INDIRECT_DESC = 1L << 28;

  /** Feature bit VIRTIO_F_EVENT_IDX. */
  public static final long EVENT_IDX = 1L << 29;

  /** Feature bit VIRTIO_F_RING_PACKED. */
  public static final long RING_PACKED = 1L << 34;

  /** Feature bit VIRTIO_F_IN_ORDER. */
  public static final long IN_ORDER = 1L << 35;

  /**
   * Picks a ring's features from a device's.
   *
   * @param features negotiated feature bits 0 to 63
   * @return those that shape a ring
   */
  public static RingFeatures of(long features) {
    return new RingFeatures(
        (features & RING_PACKED) != 0,
        (features & INDIRECT_DESC) != 0,
        (features & EVENT_IDX) != 0,
        (features & IN_ORDER) != 0);
  }
}
