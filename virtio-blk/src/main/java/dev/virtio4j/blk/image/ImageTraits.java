package dev.virtio4j.blk.image;

/**
 * What an image does well, for the device to tell its driver.
 *
 * @param logicalBlock bytes of the smallest request that costs no detour; a power of two, 512 or
 *     more
 * @param physicalBlock bytes of the smallest write that needs no read; a power of two, not less
 *     than {@code logicalBlock}
 * @param discards whether {@link ImageRequest.Op#DISCARD} can give storage back
 * @param discardAlignment bytes at which discarded ranges should begin and end; a power of two
 * @param zeroingDiscards whether {@link ImageRequest.Op#WRITE_ZEROES} that may unmap gives storage
 *     back
 */
public record ImageTraits(
    int logicalBlock,
    int physicalBlock,
    boolean discards,
    int discardAlignment,
    boolean zeroingDiscards) {
  /**
   * Checks the numbers.
   *
   * @param logicalBlock see above
   * @param physicalBlock see above
   * @param discards see above
   * @param discardAlignment see above
   * @param zeroingDiscards see above
   */
  public ImageTraits {
    if (logicalBlock < DiskImage.SECTOR || Integer.bitCount(logicalBlock) != 1) {
      throw new IllegalArgumentException(
          "logical block of %d bytes; a power of two, 512 or more, is right"
              .formatted(logicalBlock));
    }
    if (physicalBlock < logicalBlock || Integer.bitCount(physicalBlock) != 1) {
      throw new IllegalArgumentException(
          "physical block of %d bytes; a power of two, %d or more, is right"
              .formatted(physicalBlock, logicalBlock));
    }
  }
}
