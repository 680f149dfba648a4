package dev.virtio4j.testing;

import org.junit.jupiter.api.Test;

class HostileRowsTest {
  @Test
  void everyHostileCaseIsTestedOrLeftOutForAReason() {
    HostileCoverage.check(HostileRowsTest.class, "hostile-rows.tsv");
  }
}
