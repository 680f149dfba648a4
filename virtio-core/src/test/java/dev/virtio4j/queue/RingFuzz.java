package dev.virtio4j.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.testing.Fuzz;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests that change rings, tables and descriptors at random. */
abstract class RingFuzz {
  /** From here on every kind of fault is to be expected. */
  private static final long MANY = 20_000;

  private final long mutations;

  RingFuzz(long mutations) {
    this.mutations = mutations;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noGuestMakesAQueueThrowLoopOrWriteWhereItMayNot(boolean packed) {
    RingFuzzer fuzzer = new RingFuzzer(packed);
    long made = Fuzz.run("RingFuzzTest", packed ? "packed" : "split", mutations, fuzzer::guest);
    if (made >= MANY) {
      // The guests were neither all well-behaved nor all broken at once.
      assertThat(fuzzer.served).isGreaterThan(made / 50);
      assertThat(fuzzer.faults)
          .containsKeys(QueueFault.Kind.ADDRESS, QueueFault.Kind.ORDER, QueueFault.Kind.INDIRECT)
          .containsKey(packed ? QueueFault.Kind.PARTIAL_CHAIN : QueueFault.Kind.NEXT_INDEX);
    }
  }
}
