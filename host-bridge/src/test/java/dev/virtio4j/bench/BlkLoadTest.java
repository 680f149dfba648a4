package dev.virtio4j.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.vhostuser.client.BackEndException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Loads against a back-end that is not of this project. */
@EnabledOnOs(OS.LINUX)
class BlkLoadTest {
  private static final long SIZE = 4 << 20;
  private static final LoadProgress SILENT = (what, share) -> {};

  @TempDir Path folder;

  private static BlkLoadOptions load(
      Path socket, Workload workload, RingOptions rings, boolean irq, boolean verify) {
    return new BlkLoadOptions(
        socket,
        workload,
        4096,
        16,
        rings,
        irq,
        Duration.ofMillis(100),
        Duration.ofMillis(20),
        0,
        0,
        verify,
        false,
        false,
        7);
  }

  @ParameterizedTest
  @EnumSource(Workload.class)
  void everyWorkloadRunsWithoutErrors(Workload workload) throws Exception {
    try (StorageDaemon daemon = StorageDaemon.start(folder, SIZE, true)) {
      BlkLoadResult result =
          BlkLoad.run(load(daemon.socket(), workload, RingOptions.DEFAULT, false, false), SILENT);

      assertThat(result.errors()).isZero();
      assertThat(result.bad()).isZero();
      assertThat(result.requests()).isPositive();
      assertThat(result.allRequests()).isGreaterThanOrEqualTo(result.requests());
      assertThat(result.latency().p50()).isPositive().isLessThanOrEqualTo(result.latency().max());
      assertThat(result.kicks()).isPositive();
    }
  }

  @Test
  void readsWriteNothing() throws Exception {
    try (StorageDaemon daemon = StorageDaemon.start(folder, SIZE, true)) {
      Path image = folder.resolve("disk.img");
      byte[] before = Files.readAllBytes(image);

      BlkLoad.run(
          load(daemon.socket(), Workload.RANDREAD, RingOptions.DEFAULT, false, true), SILENT);

      assertThat(Files.readAllBytes(image)).isEqualTo(before);
    }
  }

  @Test
  void interruptsIndirectTablesAndTwoQueuesVerify() throws Exception {
    try (StorageDaemon daemon = StorageDaemon.start(folder, SIZE, true)) {
      RingOptions rings = new RingOptions(2, 64, false, true, true);

      BlkLoadResult result =
          BlkLoad.run(load(daemon.socket(), Workload.RANDRW, rings, true, true), SILENT);

      assertThat(result.errors()).isZero();
      assertThat(result.bad()).isZero();
      assertThat(result.compared()).isPositive();
      assertThat(result.interrupts()).isPositive();
      ObjectNode json = result.toJson();
      assertThat(json.path("event_idx").asBoolean()).isTrue();
      assertThat(json.path("indirect").asBoolean()).isTrue();
      assertThat(json.path("queues").asInt()).isEqualTo(2);
    }
  }

  @Test
  void wrongBlockIsFound() throws Exception {
    try (StorageDaemon daemon = StorageDaemon.start(folder, SIZE, true)) {
      BlkLoad.run(
          load(daemon.socket(), Workload.VERIFY, RingOptions.DEFAULT, false, false), SILENT);
      BlkLoadOptions reading =
          load(daemon.socket(), Workload.READ, RingOptions.DEFAULT, false, true);
      assertThat(BlkLoad.run(reading, SILENT).bad()).as("before").isZero();
      try (RandomAccessFile image =
          new RandomAccessFile(folder.resolve("disk.img").toFile(), "rw")) {
        image.seek(4096 * 5 + 4095);
        int last = image.read();
        image.seek(4096 * 5 + 4095);
        image.write(last ^ 1);
      }

      BlkLoadResult result = BlkLoad.run(reading, SILENT);

      assertThat(result.bad()).isPositive();
      assertThat(result.compared()).isGreaterThan(result.bad());
    }
  }

  @Test
  void readOnlyDiskIsNotWrittenTo() throws Exception {
    try (StorageDaemon daemon = StorageDaemon.start(folder, SIZE, false)) {
      BlkLoadOptions writing =
          load(daemon.socket(), Workload.WRITE, RingOptions.DEFAULT, false, false);
      assertThatExceptionOfType(LoadException.class)
          .isThrownBy(() -> BlkLoad.run(writing, SILENT))
          .withMessageContaining("read-only");
    }
  }

  @Test
  void whatTheBackEndDoesNotOfferIsNamed() throws Exception {
    try (StorageDaemon daemon = StorageDaemon.start(folder, SIZE, true)) {
      RingOptions many = new RingOptions(3, 0, false, false, false);
      assertThatExceptionOfType(LoadException.class)
          .isThrownBy(
              () -> BlkLoad.run(load(daemon.socket(), Workload.READ, many, false, false), SILENT))
          .withMessageContaining("--queues is 3")
          .withMessageContaining("has 2");
    }
  }

  @Test
  void backEndThatDiesInTheMiddleIsAnException() throws Exception {
    try (StorageDaemon daemon = StorageDaemon.start(folder, SIZE, true)) {
      BlkLoadOptions usual =
          load(daemon.socket(), Workload.RANDREAD, RingOptions.DEFAULT, false, false);
      BlkLoadOptions endless =
          new BlkLoadOptions(
              usual.socket(),
              usual.workload(),
              usual.blockSize(),
              usual.depth(),
              usual.rings(),
              true,
              Duration.ofHours(1),
              Duration.ZERO,
              0,
              0,
              false,
              false,
              false,
              1);
      assertThatExceptionOfType(BackEndException.class)
          .isThrownBy(() -> BlkLoad.run(endless, (what, share) -> kill(daemon)))
          .withMessageContaining("hung up");
    }
  }

  private static void kill(StorageDaemon daemon) {
    try {
      daemon.kill();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
