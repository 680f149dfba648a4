package dev.virtio4j.blk;

/**
 * How much a device may do, over all its queues. 0 stands for no limit.
 *
 * @param bytesPerSecond bytes read and written a second
 * @param bytesBurst bytes that may be moved at once after a pause; 0 is a tenth of a second's
 * @param requestsPerSecond requests of any kind a second
 * @param requestsBurst requests that may be done at once after a pause; 0 is a tenth of a second's
 */
public record RateLimit(
    long bytesPerSecond, long bytesBurst, long requestsPerSecond, long requestsBurst) {
  /** No limit at all. */
  public static final RateLimit NONE = new RateLimit(0, 0, 0, 0);

  /**
   * Checks the numbers.
   *
   * @param bytesPerSecond see above
   * @param bytesBurst see above
   * @param requestsPerSecond see above
   * @param requestsBurst see above
   */
  public RateLimit {
    if ((bytesPerSecond | bytesBurst | requestsPerSecond | requestsBurst) < 0) {
      throw new IllegalArgumentException(
          "negative rate limit: bytes=%d/%d requests=%d/%d"
              .formatted(bytesPerSecond, bytesBurst, requestsPerSecond, requestsBurst));
    }
    if (bytesBurst > 0 && bytesPerSecond == 0) {
      throw new IllegalArgumentException("a burst of bytes without a rate of bytes");
    }
    if (requestsBurst > 0 && requestsPerSecond == 0) {
      throw new IllegalArgumentException("a burst of requests without a rate of requests");
    }
  }

  /**
   * Tells whether anything is limited.
   *
   * @return false for no limit at all
   */
  public boolean limits() {
    return bytesPerSecond > 0 || requestsPerSecond > 0;
  }
}
