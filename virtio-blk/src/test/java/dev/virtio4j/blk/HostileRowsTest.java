package dev.virtio4j.blk;

import dev.virtio4j.testing.HostileCoverage;
import org.junit.jupiter.api.Test;

class HostileRowsTest {
  @Test
  void everyHostileCaseIsTestedOrLeftOutForAReason() {
    HostileCoverage.check(HostileRowsTest.class, "hostile-rows.tsv");
  }
}
