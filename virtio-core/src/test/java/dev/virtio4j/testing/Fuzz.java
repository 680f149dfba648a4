package dev.virtio4j.testing;

import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Runs a fuzzer case by case. Each case draws all that it does from a seed of its own, and the
 * first case's seed is that of the run: a case that failed is repeated by its seed alone.
 *
 * <p>{@code -Dvirtio4j.fuzz.seed=N} sets the seed, {@code -Dvirtio4j.fuzz.iterations=N} how many
 * mutations each fuzz test makes at least; both on Maven's command line, for unit and integration
 * tests alike.
 */
public final class Fuzz {
  /** The property of the seed. */
  public static final String SEED = "virtio4j.fuzz.seed";

  /** The property of the number of mutations. */
  public static final String ITERATIONS = "virtio4j.fuzz.iterations";

  private static final long BETWEEN_SEEDS = 0x9e37_79b9_7f4a_7c15L;

  private Fuzz() {}

  /** One case, which must depend on nothing that an earlier one left behind. */
  @FunctionalInterface
  public interface Case {
    /**
     * Runs.
     *
     * @param random where all of its choices come from
     * @return how many fields, messages or descriptors it changed
     * @throws Exception if the case fails
     */
    long run(SplittableRandom random) throws Exception;
  }

  /**
   * Runs cases until enough mutations have been made.
   *
   * @param test the unit test that runs the same cases
   * @param variant what tells this run from others of the test; may be empty
   * @param usual how many mutations to make, unless the property says otherwise
   * @param body one case
   * @return how many mutations were made
   * @throws AssertionError if a case fails; tells how to repeat it
   */
  public static long run(String test, String variant, long usual, Case body) {
    long seed = Long.getLong(SEED, System.nanoTime());
    return run(test, variant, seed, Long.getLong(ITERATIONS, usual), body);
  }

  static long run(String test, String variant, long seed, long wanted, Case body) {
    String name = variant.isEmpty() ? test : test + " " + variant;
    System.out.printf("%s: seed %d, %d mutations%n", name, seed, wanted);
    long start = System.nanoTime();
    long made = 0;
    long cases = 0;
    for (long caseSeed = seed; made < wanted || cases == 0; caseSeed += BETWEEN_SEEDS) {
      try {
        made += body.run(new SplittableRandom(caseSeed));
      } catch (Exception | Error e) {
        String again = again(test, caseSeed);
        System.out.printf("%s: case %d failed; again: %s%n", name, cases, again);
        throw new AssertionError(
            "case %d of seed %d failed: %s%nThis case again: %s"
                .formatted(cases, seed, e.getMessage(), again),
            e);
      }
      cases++;
    }
    System.out.printf(
        "%s: %d mutations in %d cases, %d ms%n",
        name, made, cases, (System.nanoTime() - start) / 1_000_000);
    return made;
  }

  private static String again(String test, long caseSeed) {
    Path module = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    return ("mvn -pl %s -am test -Dtest=%s -Dsurefire.failIfNoSpecifiedTests=false"
            + " -D%s=%d -D%s=1")
        .formatted(module.getFileName(), test, SEED, caseSeed, ITERATIONS);
  }
}
