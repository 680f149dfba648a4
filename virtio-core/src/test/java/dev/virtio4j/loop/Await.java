package dev.virtio4j.loop;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for conditions of other threads, with a deadline. */
public final class Await {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Await() {}

  /**
   * Waits until a condition holds.
   *
   * @param what the condition in words
   * @param condition what must come true
   */
  public static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("did not come true in " + LIMIT.toSeconds() + " s: " + what);
      }
      LockSupport.parkNanos(100_000);
    }
  }
}
