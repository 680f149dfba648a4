package dev.virtio4j.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class RequiresTest {
  @Test
  void whatIsLackingSkipsATestWithTheReason() {
    assertThatThrownBy(() -> Requires.missing("no moon tonight", false))
        .isInstanceOf(TestAbortedException.class)
        .hasMessageContaining("no moon tonight");
  }

  @Test
  void whatIsLackingInContinuousIntegrationFailsATest() {
    assertThatThrownBy(() -> Requires.missing("no moon tonight", true))
        .isInstanceOf(AssertionError.class)
        .isNotInstanceOf(TestAbortedException.class)
        .hasMessageContaining("no moon tonight");
  }
}
