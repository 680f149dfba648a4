package dev.virtio4j.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.GuestMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueueStateTest {
  private static final QueueConfig CONFIG = new QueueConfig(256, 0x1000, 0x3000, 0x4000);

  @Test
  void aPackedQueueThatHasNeverRunIsBothWrapCountersOne() {
    assertThat(QueueState.initial(CONFIG).packedBase()).isEqualTo(0x8000_8000);
    assertThat(QueueState.fromPackedBase(CONFIG, 0x8000_8000))
        .isEqualTo(QueueState.initial(CONFIG));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 0x8000_8000, 0x0005_8006, 0x8007_0003, -1, 0x7fff_7fff})
  void aPackedBaseGoesBothWays(int base) {
    QueueState state = QueueState.fromPackedBase(CONFIG, base);
    assertThat(state.packedBase()).isEqualTo(base);
    assertThat(state.availIndex()).isEqualTo(base & 0x7fff);
    assertThat(state.availWrap()).isEqualTo((base & 0x8000) != 0);
    assertThat(state.usedIndex()).isEqualTo(base >>> 16 & 0x7fff);
    assertThat(state.usedWrap()).isEqualTo(base < 0);
  }

  @Test
  void aSplitBaseIsTheAvailableIndexAndTheUsedIndexIsInTheRing() {
    DriverMemory memory = DriverMemory.direct(0x1000, 0x8000);
    memory.view(0x4000, 4).putShort(2, (short) 0xfffe);
    QueueState state = QueueState.fromSplitBase(CONFIG, 0xffff, memory.guestMemory());
    assertThat(state).isEqualTo(new QueueState(CONFIG, 0xffff, true, 0xfffe, true));
    assertThat(state.splitBase()).isEqualTo(0xffff);
    assertThatThrownBy(() -> QueueState.fromSplitBase(CONFIG, 0, GuestMemory.empty()))
        .isInstanceOf(GuestMemoryException.class);
  }
}
