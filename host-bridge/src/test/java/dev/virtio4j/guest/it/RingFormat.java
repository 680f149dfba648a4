package dev.virtio4j.guest.it;

import dev.virtio4j.device.VirtioFeatures;

/** The ring formats that a guest is made to take. */
enum RingFormat {
  SPLIT,
  PACKED;

  private static final int PACKED_BIT = Long.numberOfTrailingZeros(VirtioFeatures.RING_PACKED);

  /** The features that a device may not offer, so that a guest takes this format. */
  long hidden() {
    return this == SPLIT ? VirtioFeatures.RING_PACKED : 0;
  }

  /** The format that a guest's driver took, from sysfs: one character a bit, bit 0 first. */
  static RingFormat of(String features) {
    return features.charAt(PACKED_BIT) == '1' ? PACKED : SPLIT;
  }
}
