package dev.virtio4j.queue;

import java.nio.ByteOrder;

/** Where the fields of vhost-user's {@code QueueRegionPacked} and {@code DescStatePacked} are. */
final class PackedInflightLayout {
  // struct QueueRegionPacked
  static final int VERSION = 8;
  static final int DESC_NUM = 10;
  static final int FREE_HEAD = 12;
  static final int OLD_FREE_HEAD = 14;

  /**
   * {@code u16 used_idx, old_used_idx; u8 used_wrap_counter, old_used_wrap_counter} and the first
   * two bytes of the padding, which together are one aligned word.
   */
  static final int USED = 16;

  private static final int DESC = 32;

  // struct DescStatePacked
  static final int INFLIGHT = 0;
  static final int NEXT = 2;
  static final int LAST = 4;
  static final int NUM = 6;
  static final int COUNTER = 8;
  static final int ID = 16;
  static final int FLAGS = 18;
  static final int LENGTH = 20;
  static final int ADDRESS = 24;
  private static final int DESC_SIZE = 32;

  private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  private PackedInflightLayout() {}

  /** Where an entry begins. */
  static int at(int entry) {
    return DESC + DESC_SIZE * entry;
  }

  /** The word at {@link #USED}. */
  static long used(int index, boolean wrap, int oldIndex, boolean oldWrap) {
    long little =
        (long) index | (long) oldIndex << 16 | (wrap ? 1L << 32 : 0) | (oldWrap ? 1L << 40 : 0);
    if (LITTLE) {
      return little;
    }
    return (long) index << 48
        | (long) oldIndex << 32
        | (wrap ? 1L << 24 : 0)
        | (oldWrap ? 1L << 16 : 0);
  }
}
