package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UmlVectorStateTest {
  @Test
  void amxIsFoundAmongTheFlags() {
    assertThat(UmlVectorState.hasAmx("model name\t: amx_tile\nflags\t\t: fpu amx_bf16\n"))
        .isFalse();
    assertThat(UmlVectorState.hasAmx("flags\t\t: fpu avx512f amx_tile amx_int8\n")).isTrue();
  }

  @Test
  void kernelsFromSixThirteenOnAskHowLargeTheStateIs() {
    assertThat(UmlVectorState.isFixed("5.10.0")).isTrue();
    assertThat(UmlVectorState.isFixed("6.1.176")).isTrue();
    assertThat(UmlVectorState.isFixed("6.12.9-1")).isTrue();
    assertThat(UmlVectorState.isFixed("6.13.0")).isFalse();
    assertThat(UmlVectorState.isFixed("7.0.0")).isFalse();
    assertThat(UmlVectorState.isFixed("unknown")).isFalse();
  }
}
