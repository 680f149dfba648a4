package dev.virtio4j.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class FuzzTest {
  private static final Pattern AGAIN =
      Pattern.compile("-Dvirtio4j\\.fuzz\\.seed=(-?\\d+) -Dvirtio4j\\.fuzz\\.iterations=1");

  private long cases;

  private long failsSometimes(SplittableRandom random) {
    cases++;
    assertThat(random.nextInt(50)).isNotZero();
    return 1;
  }

  @Test
  void aFailureTellsTheSeedThatRepeatsItsCaseAlone() {
    Throwable failure =
        catchThrowable(() -> Fuzz.run("FuzzTest", "", 7, 100_000, this::failsSometimes));

    assertThat(cases).isGreaterThan(1);
    Matcher again = AGAIN.matcher(failure.getMessage());
    assertThat(again.find()).isTrue();
    cases = 0;
    long seed = Long.parseLong(again.group(1));
    assertThat(catchThrowable(() -> Fuzz.run("FuzzTest", "", seed, 1, this::failsSometimes)))
        .isInstanceOf(AssertionError.class);
    assertThat(cases).isEqualTo(1);
  }

  @Test
  void asManyMutationsAreMadeAsWereAskedFor() {
    assertThat(Fuzz.run("FuzzTest", "", 7, 10, random -> 3)).isEqualTo(12);
  }
}
