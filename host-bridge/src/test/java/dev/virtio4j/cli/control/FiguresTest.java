package dev.virtio4j.cli.control;

import static dev.virtio4j.cli.control.FakeDevice.metric;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.device.Metric;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FiguresTest {
  private static final DeviceStats DISK =
      new DeviceStats(
          "disk0",
          "blk",
          "socket=/run/a.sock",
          List.of(
              metric("virtio_blk_requests_total", 12345, "queue", "0", "op", "read"),
              metric("virtio_blk_bytes_total", 50565120, "queue", "0", "op", "read"),
              metric("virtio_blk_errors_total", 2, "queue", "0", "op", "read", "kind", "io"),
              metric(
                  "virtio_blk_latency_seconds",
                  14.2e-6,
                  "queue",
                  "0",
                  "op",
                  "read",
                  "quantile",
                  "0.5"),
              metric(
                  "virtio_blk_latency_seconds",
                  0.0031,
                  "queue",
                  "0",
                  "op",
                  "read",
                  "quantile",
                  "0.99"),
              metric("virtio_blk_requests_total", 7, "queue", "10", "op", "flush"),
              metric("virtio_blk_requests_total", 8, "queue", "2", "op", "flush"),
              metric("virtio_queue_kicks_total", 99, "queue", "0"),
              metric("virtio_queue_interrupts_total", 88, "queue", "0"),
              metric("virtio_queue_interrupts_suppressed_total", 77, "queue", "0"),
              metric("virtio_session_connected", 1)));

  @Test
  void theTableHasARowForEachOperationAndOneForEachQueue() {
    assertThat(StatsTable.render(List.of(DISK)))
        .isEqualTo(
            """
            disk0  blk socket=/run/a.sock
              queue  op     requests     bytes  errors      p50      p99  p99.9  max
              0      read     12,345  48.2 MiB  io:2    14.2 us  3.10 ms      -    -
              2      flush         8       0 B  0             -        -      -    -
              10     flush         7       0 B  0             -        -      -    -
              queue  kicks  interrupts  interrupts_suppressed
              0         99          88                     77
              connected 1
            """);
  }

  @Test
  void noDeviceIsSaid() {
    assertThat(StatsTable.render(List.of())).isEqualTo("no devices\n");
  }

  @Test
  void prometheusTextKeepsAFamilyTogetherAndEscapes() {
    DeviceStats odd =
        new DeviceStats(
            "a\"b\\c\nd",
            "blk",
            "",
            List.of(
                new Metric("x_total", Map.of("q", "0"), Metric.Kind.COUNTER, "One\ntwo.", 5),
                new Metric("y", Map.of(), Metric.Kind.GAUGE, "Y.", 0.25),
                new Metric("x_total", Map.of("q", "1"), Metric.Kind.COUNTER, "One\ntwo.", 6)));
    assertThat(PrometheusText.render(List.of(odd)))
        .isEqualTo(
            """
            # HELP x_total One\\ntwo.
            # TYPE x_total counter
            x_total{device="a\\"b\\\\c\\nd",q="0"} 5
            x_total{device="a\\"b\\\\c\\nd",q="1"} 6
            # HELP y Y.
            # TYPE y gauge
            y{device="a\\"b\\\\c\\nd"} 0.25
            """);
  }

  @Test
  void jsonHoldsEverything() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    DISK.write(json);
    assertThat(DeviceStats.read(json)).isEqualTo(DISK);
  }
}
