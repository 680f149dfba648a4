package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class KernelPanicTest {
  @Test
  void theReasonIsFoundAndTheDumpIsLeftOut() {
    KernelPanic panic =
        KernelPanic.in(
                List.of(
                    "Core dump limits :",
                    "Run /init as init process",
                    "CPU: 0 PID: 1 Comm: init Not tainted 6.1.0",
                    "Stack:",
                    " 6080be80 00000000",
                    "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b",
                    "CPU: 0 PID: 1 Comm: init"))
            .orElseThrow();
    assertThat(panic.reason()).isEqualTo("Attempted to kill init! exitcode=0x0000000b");
    assertThat(panic.before()).containsExactly("Core dump limits :", "Run /init as init process");
  }

  @Test
  void aTimeBeforeEachLineMakesNoDifference() {
    KernelPanic panic =
        KernelPanic.in(
                List.of(
                    "[    1.000000] Freeing unused kernel memory",
                    "[    1.100000] CPU: 0 PID: 1 Comm: init",
                    "[    1.200000] Kernel panic - not syncing: No working init found."))
            .orElseThrow();
    assertThat(panic.reason()).isEqualTo("No working init found.");
    assertThat(panic.before()).containsExactly("[    1.000000] Freeing unused kernel memory");
  }

  @Test
  void aConsoleWithoutOneHasNone() {
    assertThat(KernelPanic.in(List.of("Linux version 6.1", "kernel panic is not mentioned here")))
        .isEmpty();
  }
}
