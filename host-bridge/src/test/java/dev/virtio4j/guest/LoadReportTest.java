package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoadReportTest {
  private static ScriptResult reported(String text) {
    return new ScriptResult(0, List.of(), Map.of("load.a", text), Duration.ZERO);
  }

  @Test
  void aMeasurementIsRead() throws GuestException {
    LoadReport report =
        LoadReport.of(
            reported(
                "rw=randread bs=4096 depth=32 ops=100 bytes=409600 seconds=2.5 iops=40 mbps=0.2"
                    + " min=1.0 mean=2.0 p50=3.0 p90=3.5 p99=4.0 p999=5.0 max=6.0"),
            "a");
    assertThat(report)
        .isEqualTo(new LoadReport("randread", 4096, 32, 100, 2.5, 40, 0.2, 3, 4, 5, 6));
  }

  @Test
  void aDamagedMeasurementIsQuoted() {
    assertThatThrownBy(() -> LoadReport.of(reported("rw=read bs=x"), "a"))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("rw=read bs=x");
  }

  @Test
  void aMissingMeasurementIsNamed() {
    assertThatThrownBy(() -> LoadReport.of(reported(""), "b")).hasMessageContaining("load.b");
  }
}
