package dev.virtio4j.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class DeviceLoopsTest {
  @Test
  void startsAsManyAsAskedAndEndsThemTogether() {
    DeviceLoops loops =
        DeviceLoops.builder().count(2).namePrefix("mine").spinLimit(Duration.ZERO).start();
    assertThat(loops.count()).isEqualTo(2);
    assertThat(loops.get(0).name()).isEqualTo("mine-0");
    assertThat(loops.get(1).name()).isEqualTo("mine-1");
    assertThat(loops.get(2)).isSameAs(loops.get(0));
    loops.close();
    loops.close();
    assertThatThrownBy(() -> loops.get(1).execute(() -> {}))
        .isInstanceOf(RejectedExecutionException.class);
  }

  @Test
  void theControlLoopIsTheFirstOrOneOnWhichNoQueueSits() {
    try (DeviceLoops shared = DeviceLoops.start(2)) {
      assertThat(shared.control()).isSameAs(shared.get(0));
    }
    try (DeviceLoops apart =
        DeviceLoops.builder().count(2).namePrefix("mine").ownControl().start()) {
      assertThat(apart.count()).isEqualTo(2);
      assertThat(apart.control().name()).isEqualTo("mine-control");
      for (int i = 0; i < 4; i++) {
        assertThat(apart.get(i)).isNotSameAs(apart.control());
      }
    }
  }

  @Test
  void canBeClosedByATaskOfItsOwn() {
    DeviceLoops loops = DeviceLoops.start(2);
    CompletableFuture.runAsync(loops::close, loops.get(0)).join();
    loops.close();
  }

  @Test
  void refusesWhatCannotBe() {
    assertThatThrownBy(() -> DeviceLoops.start(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> DeviceLoops.builder().spinLimit(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> DeviceLoops.builder().fileThreads(0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
