package dev.virtio4j.guest.it;

import java.util.Random;

/**
 * How often servers are killed, and when: {@code -Dvirtio4j.kills=100} kills for each ring format,
 * 5 unless told, at times that {@code -Dvirtio4j.seed=N} repeats.
 */
final class Kills {
  private static final int FEW = 5;

  private Kills() {}

  static int count() {
    return Integer.getInteger("virtio4j.kills", FEW);
  }

  /** The times' source; prints its seed. */
  static Random random(String test) {
    long seed = Long.getLong("virtio4j.seed", System.nanoTime());
    System.out.printf("%s: %d kills, -Dvirtio4j.seed=%d%n", test, count(), seed);
    return new Random(seed);
  }
}
