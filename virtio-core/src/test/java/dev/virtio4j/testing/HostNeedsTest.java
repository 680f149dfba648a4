package dev.virtio4j.testing;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class HostNeedsTest {
  @Test
  void whatIsLackingSkipsATestAndFailsItInCi() {
    assertThatThrownBy(() -> HostNeeds.that(false, "No disk.", false))
        .isInstanceOf(TestAbortedException.class)
        .hasMessageContaining("No disk.");
    assertThatThrownBy(() -> HostNeeds.that(false, "No disk.", true))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("No disk.");
  }

  @Test
  void whatIsThereIsNoHindrance() {
    assertThatCode(() -> HostNeeds.that(true, "No disk.", true)).doesNotThrowAnyException();
    assertThatCode(() -> HostNeeds.program("sh")).doesNotThrowAnyException();
  }
}
