package dev.virtio4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.spec.DeviceRequest;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoopPlanTest {
  @Test
  void thereAreNoMoreLoopsThanCoresOrQueues() {
    assertThat(LoopPlan.of(0, 2, 64, List.of(request(null))).count()).isEqualTo(2);
    assertThat(LoopPlan.of(0, 8, 1, List.of(request(null))).count()).isEqualTo(1);
    assertThat(LoopPlan.of(5, 2, 1, List.of(request(null))).count()).isEqualTo(5);
  }

  @Test
  void queuesGoRoundTheLoopsThatHaveNoName() {
    DeviceRequest fast = request("fast");
    DeviceRequest first = request(null);
    DeviceRequest second = request(null);
    LoopPlan plan = LoopPlan.of(3, 8, 6, List.of(fast, first, second));
    assertThat(plan.assign(fast, 2)).containsExactly(0, 0);
    assertThat(plan.assign(first, 3)).containsExactly(1, 2, 1);
    assertThat(plan.assign(second, 1)).containsExactly(2);
  }

  @Test
  void devicesThatNameALoopShareIt() {
    LoopPlan plan = LoopPlan.of(0, 1, 2, List.of(request("a"), request("b"), request("a")));
    assertThat(plan.count()).isEqualTo(2);
    assertThat(plan.assign(request("a"), 1)).containsExactly(0);
    assertThat(plan.assign(request("b"), 1)).containsExactly(1);
  }

  @Test
  void namedLoopsAreNotSharedWithSessions() {
    assertThat(LoopPlan.of(0, 2, 2, List.of(request("a"), request(null))).isolates()).isTrue();
    assertThat(LoopPlan.of(0, 2, 1, List.of(request(null))).isolates()).isFalse();
  }

  @Test
  void moreNamesThanLoopsAreRefused() {
    assertThatThrownBy(() -> LoopPlan.of(1, 4, 2, List.of(request("a"), request(null))))
        .isInstanceOf(CliException.class)
        .hasMessage("loops: 1 is too few: 1 loop is named by devices, and some devices name none");
  }

  private static DeviceRequest request(String loop) {
    return new DeviceRequest(
        null, null, "n", Path.of("s"), -1, false, loop, JsonNodeFactory.instance.objectNode());
  }
}
