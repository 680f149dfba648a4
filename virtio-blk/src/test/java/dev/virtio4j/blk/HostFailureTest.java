package dev.virtio4j.blk;

import static dev.virtio4j.blk.BlkDriver.IOERR;
import static dev.virtio4j.blk.BlkDriver.OK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.blk.BlkDriver.Shape;
import dev.virtio4j.blk.image.ImageRequest;
import dev.virtio4j.device.Metric;
import dev.virtio4j.posix.Errno;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When the host's storage fails, one request fails, and nothing else. */
class HostFailureTest {
  @TempDir Path folder;

  private final RecordingImage image = new RecordingImage(64 * 512);

  private static double metric(BlkDriver driver, String name, Map<String, String> labels) {
    return driver.await(driver.device.metrics()).stream()
        .filter(m -> m.name().equals(name) && m.labels().equals(labels))
        .mapToDouble(Metric::value)
        .sum();
  }

  @ParameterizedTest
  @EnumSource
  void errorsAreStatusesAndAreCounted(Shape shape) {
    try (BlkDriver driver = new BlkDriver(BlockDevice.builder(image).build(), shape).start()) {
      image.result = -Errno.EIO;
      assertThat(driver.read(0, 512)).isEqualTo(IOERR);
      assertThat(driver.written).isZero();
      assertThat(driver.flush()).isEqualTo(IOERR);
      assertThat(driver.written).isEqualTo(1);
      image.result = -Errno.ENOSPC;
      assertThat(driver.write(0, new byte[512])).isEqualTo(IOERR);
      image.result = 0;
      assertThat(driver.write(0, new byte[512])).isEqualTo(OK);
      assertThat(
              metric(
                  driver,
                  "virtio_blk_errors_total",
                  Map.of("queue", "0", "op", "write", "kind", "no_space")))
          .isEqualTo(1);
      assertThat(
              metric(
                  driver,
                  "virtio_blk_errors_total",
                  Map.of("queue", "0", "op", "read", "kind", "io")))
          .isEqualTo(1);
      assertThat(metric(driver, "virtio_blk_requests_total", Map.of("queue", "0", "op", "write")))
          .isEqualTo(2);
      assertThat(metric(driver, "virtio_blk_bytes_total", Map.of("queue", "0", "op", "write")))
          .isEqualTo(512);
      assertThat(
              metric(
                  driver, "virtio_blk_latency_seconds_count", Map.of("queue", "0", "op", "write")))
          .isEqualTo(1);
    }
  }

  @Test
  void defectOfAnImageIsAnErrorOfTheRequest() {
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(image).build(), Shape.SPLIT).start()) {
      image.defect = new IllegalStateException("defect");
      assertThat(driver.read(0, 512)).isEqualTo(IOERR);
      image.defect = null;
      assertThat(driver.read(0, 512)).isEqualTo(OK);
    }
  }

  @Test
  void requestThatWaitsHoldsUpNoOther() {
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(image).build(), Shape.PACKED).start()) {
      image.hold = true;
      var queue = driver.queues.get(0);
      var slow = queue.prepare(driver.header(VirtioBlk.T_IN, 0), driver.in(512), driver.status());
      queue.submit(slow);
      queue.publish();
      driver.life.ring(0);
      driver.until(() -> !image.held.isEmpty());
      assertThat(queue.ready()).isFalse();
      image.hold = false;
      long other = driver.data() + 4096;
      var quick =
          queue.prepare(
              driver.header(VirtioBlk.T_IN, 1), dev.virtio4j.driver.Segment.writable(other, 513));
      queue.submit(quick);
      queue.publish();
      driver.life.ring(0);
      driver.until(queue::ready);
      assertThat(queue.poll()).isSameAs(quick);
      ImageRequest held = image.held.remove();
      driver.loop.execute(() -> Finish.now(held, 0));
      driver.until(queue::ready);
      assertThat(queue.poll()).isSameAs(slow);
    }
  }

  @Test
  void stoppingWaitsForWhatIsInFlight() {
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(image).build(), Shape.SPLIT).start()) {
      image.hold = true;
      var queue = driver.queues.get(0);
      queue.submit(
          queue.prepare(driver.header(VirtioBlk.T_IN, 0), driver.in(512), driver.status()));
      queue.publish();
      driver.life.ring(0);
      driver.until(() -> !image.held.isEmpty());
      var stopped = driver.life.stopQueue(0).toCompletableFuture();
      driver.loop.run();
      assertThat(stopped).isNotDone();
      ImageRequest held = image.held.remove();
      driver.loop.execute(() -> Finish.now(held, 0));
      driver.await(stopped);
      assertThat(driver.statusByte()).isEqualTo(OK);
    }
  }

  @ParameterizedTest
  @EnumSource(dev.virtio4j.blk.image.Engine.class)
  void imageThatWasCutFailsReadsPastItsEnd(dev.virtio4j.blk.image.Engine engine)
      throws IOException {
    Path disk = Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(disk).engine(engine).build(), Shape.SPLIT).start()) {
      try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
        file.setLength(4096);
      }
      assertThat(driver.read(100, 4096)).isEqualTo(IOERR);
      assertThat(driver.read(0, 8192)).isEqualTo(IOERR);
      assertThat(driver.read(0, 4096)).isEqualTo(OK);
      assertThat(driver.write(100, new byte[512])).isEqualTo(OK);
    }
  }

  @ParameterizedTest
  @EnumSource(dev.virtio4j.blk.image.Engine.class)
  void imageThatWasRemovedIsServedOn(dev.virtio4j.blk.image.Engine engine) throws IOException {
    Path disk = Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(disk).engine(engine).build(), Shape.SPLIT).start()) {
      Files.delete(disk);
      assertThat(driver.write(100, new byte[512])).isEqualTo(OK);
      assertThat(driver.read(100, 512)).isEqualTo(OK);
      assertThat(driver.flush()).isEqualTo(OK);
    }
  }

  @Test
  void whatCannotBeMadeDurableAtTheEndIsToldAndTheImageIsClosed() {
    RecordingImage image = new RecordingImage(1 << 20);
    image.syncFails = true;
    BlockDevice device = BlockDevice.builder(image).build();
    assertThatThrownBy(device::close)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("what was written last may be lost: the disk is gone");
    assertThat(image.closed).isTrue();
  }
}
