package dev.virtio4j.blk;

/** The rate limits of one device; used from all its loops. */
final class RateLimiter {
  private final TokenBucket bytes;
  private final TokenBucket requests;

  private RateLimiter(RateLimit limit, long now) {
    bytes =
        limit.bytesPerSecond() == 0
            ? null
            : new TokenBucket(limit.bytesPerSecond(), limit.bytesBurst(), now);
    requests =
        limit.requestsPerSecond() == 0
            ? null
            : new TokenBucket(limit.requestsPerSecond(), limit.requestsBurst(), now);
  }

  /** A limiter, or null where nothing is limited. */
  static RateLimiter of(RateLimit limit, long now) {
    return limit.limits() ? new RateLimiter(limit, now) : null;
  }

  /**
   * Admits a request and returns 0, or returns how many nanoseconds to wait before asking again.
   */
  long admit(long size, long now) {
    long delay = 0;
    if (requests != null) {
      delay = requests.delay(1, now);
    }
    if (bytes != null && size > 0) {
      delay = Math.max(delay, bytes.delay(size, now));
    }
    if (delay > 0) {
      return delay;
    }
    force(size, now);
    return 0;
  }

  /** Counts a request that goes ahead whatever the limit. */
  void force(long size, long now) {
    if (requests != null) {
      requests.take(1, now);
    }
    if (bytes != null && size > 0) {
      bytes.take(size, now);
    }
  }
}
