package dev.virtio4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  @Test
  void aTextThatNoRowHasIsRefusedWithTheNamesThatThereAre() {
    Path program = Path.of("program");
    CompareOptions options =
        new CompareOptions(
            program, List.of(), program, null, null, Path.of("."), null, 1, 1, 1, "nonsense");
    assertThatThrownBy(() -> new Comparison(options, text -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--only is 'nonsense'")
        .hasMessageContaining("  4k randread QD32, polling")
        .hasMessageContaining("  128k write QD32, polling");
  }
}
