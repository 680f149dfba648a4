package dev.virtio4j.blk;

import dev.virtio4j.testing.NormativeCoverage;
import org.junit.jupiter.api.Test;

class NormativeRowsTest {
  @Test
  void everyRowOfTheBlockDeviceIsTestedOrLeftOutForAReason() {
    NormativeCoverage.check(NormativeRowsTest.class, "normative-rows.tsv");
  }
}
