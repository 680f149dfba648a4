package dev.virtio4j.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.device.Metric;
import dev.virtio4j.guest.GuestException;
import dev.virtio4j.guest.ScriptResult;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DemoReportTest {
  private static final Map<String, String> GUEST =
      Map.ofEntries(
          Map.entry("processors", "1"),
          Map.entry("kernel", "6.1.0"),
          Map.entry("bytes", "536870912"),
          Map.entry("queues", "1"),
          Map.entry("cache", "write-back"),
          Map.entry("serial", "virtio4j-demo"),
          Map.entry("features", "0010000001"),
          Map.entry("written", "67108864"),
          Map.entry("verified", "67108864"),
          Map.entry("filesystem", "ext4"),
          Map.entry("trimmed", "yes"),
          Map.entry("fsck", "clean"),
          Map.entry("measured", "no"));

  @Test
  void saysWhatTheGuestSawAndVerified() throws GuestException {
    assertThat(DemoReport.render(result(GUEST), List.of(), 16))
        .startsWith(
            """
            guest     6.1.0 (User-mode Linux), 1 processor
            device    /dev/vda, 512 MiB, 1 queue, write-back cache, serial virtio4j-demo
            features  SEG_MAX FLUSH
            written   64 MiB in 16 files on ext4, then synced and unmounted
            """)
        .contains(
            "64 MiB after mounting again, every SHA-256 right; again after a trim",
            "fsck\n          finds nothing\n")
        .doesNotContain("O_DIRECT");
  }

  @Test
  void claimsNoTrimAndNoFsckThatWereNotMade() throws GuestException {
    Map<String, String> values = new HashMap<>(GUEST);
    values.put("trimmed", "no");
    values.put("fsck", "none");
    assertThat(DemoReport.render(result(values), List.of(), 16))
        .contains("every SHA-256 right\n")
        .doesNotContain("trim", "fsck");
  }

  @Test
  void addsUpWhatTheServerCounted() throws GuestException {
    assertThat(DemoReport.render(result(GUEST), List.of(requests("0", 3), requests("1", 4)), 16))
        .containsPattern("read +7 ");
  }

  @Test
  void aValueThatTheGuestDidNotReportIsAnError() {
    Map<String, String> values = new HashMap<>(GUEST);
    values.remove("verified");
    assertThatThrownBy(() -> DemoReport.render(result(values), List.of(), 16))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("no verified");
  }

  private static Metric requests(String queue, double count) {
    return new Metric(
        "virtio_blk_requests_total",
        Map.of("queue", queue, "op", "read"),
        Metric.Kind.COUNTER,
        "requests",
        count);
  }

  private static ScriptResult result(Map<String, String> values) {
    return new ScriptResult(0, List.of(), values, Duration.ofSeconds(1));
  }
}
