package dev.virtio4j.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FeatureNamesTest {
  @Test
  void bitsThatAreSetAreNamedInTheirOrder() {
    assertThat(FeatureNames.of("0010000001" + "0".repeat(22) + "1"))
        .containsExactly("SEG_MAX", "FLUSH", "VERSION_1");
  }

  @Test
  void aBitWithoutANameHasItsNumber() {
    assertThat(FeatureNames.of("0".repeat(63) + "1")).containsExactly("bit 63");
  }

  @Test
  void noBitIsNoName() {
    assertThat(FeatureNames.of("0".repeat(64))).isEmpty();
    assertThat(FeatureNames.of("")).isEmpty();
  }
}
