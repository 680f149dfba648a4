package dev.virtio4j.blk;

import java.util.Objects;

/**
 * How a block device presents an image.
 *
 * @param serial the device id string, up to 20 printable ASCII characters
 * @param readOnly no request changes the image
 * @param queues request queues, 1 to 1024
 * @param queueSize the largest size of each, a power of two from 2 to 32768
 * @param sync what a flush means
 * @param writeback the cache mode after a reset: true for writeback, false for writethrough
 * @param discard whether DISCARD, and unmapping WRITE_ZEROES, are offered where the image can
 * @param blockSize the logical block size that the driver is told, a power of two from 512 to
 *     65536; 0 for the image's
 * @param discardSegments how many ranges one DISCARD or WRITE_ZEROES may have, 1 to 256
 * @param rateLimit how much it may do
 */
public record BlockDeviceConfig(
    String serial,
    boolean readOnly,
    int queues,
    int queueSize,
    SyncMode sync,
    boolean writeback,
    boolean discard,
    int blockSize,
    int discardSegments,
    RateLimit rateLimit) {
  /** One queue of 256, fully synchronised, writeback, nothing limited. */
  public static final BlockDeviceConfig DEFAULT =
      new BlockDeviceConfig("", false, 1, 256, SyncMode.FULL, true, true, 0, 16, RateLimit.NONE);

  /**
   * Checks every value.
   *
   * @param serial see above
   * @param readOnly see above
   * @param queues see above
   * @param queueSize see above
   * @param sync see above
   * @param writeback see above
   * @param discard see above
   * @param blockSize see above
   * @param discardSegments see above
   * @param rateLimit see above
   * @throws IllegalArgumentException if one is out of range; the message says what is right
   */
  public BlockDeviceConfig {
    Objects.requireNonNull(serial, "serial");
    Objects.requireNonNull(sync, "sync");
    Objects.requireNonNull(rateLimit, "rateLimit");
    if (serial.length() > VirtioBlk.ID_BYTES || serial.chars().anyMatch(c -> c < ' ' || c > '~')) {
      throw new IllegalArgumentException(
          "serial '%s'; up to %d printable ASCII characters are right"
              .formatted(serial, VirtioBlk.ID_BYTES));
    }
    range("queues", queues, 1, 1024);
    powerOfTwo("queue size", queueSize, 2, 32768);
    if (blockSize != 0) {
      powerOfTwo("block size", blockSize, VirtioBlk.SECTOR, 65536);
    }
    range("discard segments", discardSegments, 1, 256);
  }

  private static void range(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s: %d; %d to %d is right".formatted(name, value, least, most));
    }
  }

  private static void powerOfTwo(String name, int value, int least, int most) {
    if (value < least || value > most || Integer.bitCount(value) != 1) {
      throw new IllegalArgumentException(
          "%s: %d; a power of two from %d to %d is right".formatted(name, value, least, most));
    }
  }
}
