package dev.virtio4j.blk;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A rate with a burst, shared by several loops without a lock.
 *
 * <p>All it knows is the time at which the bucket will be full again. Whoever finds anything in the
 * bucket may take what is needed, into debt if it must: a request larger than the burst is let
 * through, and the debt is waited for by the next. Two loops that look at the same moment may both
 * be let through; the rate over time is kept.
 */
final class TokenBucket {
  private static final long NANOS = 1_000_000_000L;

  private final double nanosPerToken;
  private final long burstNanos;
  private final AtomicLong fullAt;

  /**
   * Makes a full bucket.
   *
   * @param perSecond tokens a second, above 0
   * @param burst tokens that a full bucket holds; 0 for a tenth of a second's
   * @param now nanoseconds of the clock that is used from here on
   */
  TokenBucket(long perSecond, long burst, long now) {
    nanosPerToken = (double) NANOS / perSecond;
    burstNanos = burst == 0 ? NANOS / 10 : Math.max(1, nanos(burst));
    fullAt = new AtomicLong(now);
  }

  private long nanos(long tokens) {
    return (long) Math.min(tokens * nanosPerToken, (double) (Long.MAX_VALUE >> 2));
  }

  /**
   * Nanoseconds to wait before so many tokens may be taken, or, if the bucket never holds as many,
   * before it is full; 0 or less for none.
   */
  long delay(long tokens, long now) {
    return fullAt.get() - now + Math.min(nanos(tokens), burstNanos) - burstNanos;
  }

  void take(long tokens, long now) {
    long cost = nanos(tokens);
    long seen;
    do {
      seen = fullAt.get();
    } while (!fullAt.compareAndSet(seen, (seen - now > 0 ? seen : now) + cost));
  }
}
