package dev.virtio4j.testing;

import org.junit.jupiter.api.Test;

class NormativeRowsTest {
  @Test
  void everyRowOfTheGeneralChaptersIsTestedOrLeftOutForAReason() {
    NormativeCoverage.check(NormativeRowsTest.class, "normative-rows.tsv");
  }
}
