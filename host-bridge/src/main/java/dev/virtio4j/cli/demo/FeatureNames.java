package dev.virtio4j.cli.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Feature bits of a block device by their names in the standard (Virtio 1.4, 5.2.3 and 6). */
final class FeatureNames {
  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(1, "SIZE_MAX"),
          Map.entry(2, "SEG_MAX"),
          Map.entry(4, "GEOMETRY"),
          Map.entry(5, "RO"),
          Map.entry(6, "BLK_SIZE"),
          Map.entry(9, "FLUSH"),
          Map.entry(10, "TOPOLOGY"),
          Map.entry(11, "CONFIG_WCE"),
          Map.entry(12, "MQ"),
          Map.entry(13, "DISCARD"),
          Map.entry(14, "WRITE_ZEROES"),
          Map.entry(15, "LIFETIME"),
          Map.entry(16, "SECURE_ERASE"),
          Map.entry(17, "ZONED"),
          Map.entry(28, "INDIRECT_DESC"),
          Map.entry(29, "EVENT_IDX"),
          Map.entry(32, "VERSION_1"),
          Map.entry(33, "ACCESS_PLATFORM"),
          Map.entry(34, "RING_PACKED"),
          Map.entry(35, "IN_ORDER"),
          Map.entry(36, "ORDER_PLATFORM"),
          Map.entry(37, "SR_IOV"),
          Map.entry(38, "NOTIFICATION_DATA"),
          Map.entry(39, "NOTIF_CONFIG_DATA"),
          Map.entry(40, "RING_RESET"));

  private FeatureNames() {}

  /**
   * Names bits.
   *
   * @param bits one character a bit, bit 0 first, as sysfs has them
   * @return the names of those that are set
   */
  static List<String> of(String bits) {
    List<String> names = new ArrayList<>();
    for (int bit = 0; bit < bits.length(); bit++) {
      if (bits.charAt(bit) == '1') {
        names.add(NAMES.getOrDefault(bit, "bit " + bit));
      }
    }
    return names;
  }
}
