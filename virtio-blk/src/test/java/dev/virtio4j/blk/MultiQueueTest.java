package dev.virtio4j.blk;

import static dev.virtio4j.blk.BlkDriver.OK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.BlkDriver.Shape;
import dev.virtio4j.driver.DriverDevice;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.loop.ThreadDeviceLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MultiQueueTest {
  @TempDir Path folder;

  private BlockDeviceBuilder builder() throws IOException {
    Path image = Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
    return BlockDevice.builder(image).queues(4);
  }

  @ParameterizedTest
  @EnumSource
  void oneQueueReadsWhatAnotherWrote_B0173_B0174(Shape shape) throws IOException {
    try (BlkDriver driver = new BlkDriver(builder().build(), shape).start()) {
      for (int i = 0; i < 4; i++) {
        byte[] bytes = RequestRulesTest.pattern(4096, i);
        driver.send(i, driver.header(VirtioBlk.T_OUT, 8L * i), driver.out(bytes), driver.status());
        assertThat(driver.statusByte()).isEqualTo(OK);
        int other = (i + 1) % 4;
        driver.send(other, driver.header(VirtioBlk.T_IN, 8L * i), driver.in(4096), driver.status());
        assertThat(driver.bytes(4096)).isEqualTo(bytes);
        driver.send(other, driver.header(VirtioBlk.T_FLUSH, 0), driver.status());
        assertThat(driver.statusByte()).isEqualTo(OK);
      }
    }
  }

  @Test
  void queueThatAloneIsStartedIsServed_B0155() throws IOException {
    try (DriverDevice driver = new DriverDevice(builder().build())) {
      driver.negotiate(VirtioBlk.F_MQ | 1L << 32);
      driver.startQueue(2);
      assertThat(read(driver, 2)).isEqualTo(513);
      driver.stopQueue(2);
      driver.startQueue(1);
      assertThat(read(driver, 1)).isEqualTo(513);
    }
  }

  private static long read(DriverDevice driver, int queue) {
    long header = driver.memory().allocate(16, 16);
    long data = driver.memory().allocate(513, 16);
    return driver.call(queue, Segment.readable(header, 16), Segment.writable(data, 513));
  }

  @Test
  void metricsCountEveryQueueAndOutliveIt() throws IOException {
    BlockDevice device = builder().build();
    try (device;
        DriverDevice driver = new DriverDevice(device)) {
      driver.negotiate(VirtioBlk.F_MQ | 1L << 32);
      driver.startQueue(0);
      driver.startQueue(3);
      read(driver, 0);
      read(driver, 3);
      read(driver, 3);
      driver.stopQueue(3);
      driver.startQueue(3);
      read(driver, 3);
      Set<String> seen = new HashSet<>();
      driver
          .await(device.metrics())
          .forEach(
              m -> {
                if (m.name().equals("virtio_blk_requests_total")) {
                  seen.add(m.labels().get("queue") + m.labels().get("op") + (int) m.value());
                }
                assertThat(m.value()).as(m.name()).isNotNegative();
              });
      assertThat(seen).containsExactlyInAnyOrder("0read1", "3read3");
      driver.reset();
    }
  }

  /** Real loops: two queues on two threads, with files' threads behind them. */
  @Test
  void queuesRunBesideEachOther_B0114_B0131() throws IOException {
    BlockDevice device = builder().writeback(false).build();
    try (device;
        ThreadDeviceLoop one = ThreadDeviceLoop.start("one", Duration.ofNanos(20_000));
        ThreadDeviceLoop two = ThreadDeviceLoop.start("two", Duration.ZERO);
        DriverMemory memory = DriverMemory.direct(1L << 32, 8 << 20);
        DriverDevice driver =
            new DriverDevice(device, memory, index -> index % 2 == 0 ? one : two)) {
      driver.negotiate(device.features() & ~(1L << 34) & ~(1L << 35));
      for (int i = 0; i < 4; i++) {
        driver.startQueue(i);
      }
      int depth = 16;
      DriverRequest[][] requests = new DriverRequest[4][depth];
      long headers = memory.allocate(4L * depth * 32, 32);
      long data = memory.allocate(4L * depth * 8192, 4096);
      for (int q = 0; q < 4; q++) {
        for (int i = 0; i < depth; i++) {
          long header = headers + 32L * (q * depth + i);
          boolean write = i % 2 == 0;
          memory.view(header, 16).putInt(write ? 1 : 0).putInt(0).putLong(i);
          requests[q][i] =
              driver
                  .queue(q)
                  .prepare(
                      Segment.readable(header, 16),
                      new Segment(data + 8192L * (q * depth + i), 8192, !write),
                      Segment.writable(header + 16, 1));
        }
      }
      for (int round = 0; round < 50; round++) {
        for (int q = 0; q < 4; q++) {
          DriverQueue queue = driver.queue(q);
          for (DriverRequest request : requests[q]) {
            queue.submit(request);
          }
          driver.publish(q);
        }
        for (int q = 0; q < 4; q++) {
          DriverQueue queue = driver.queue(q);
          for (int i = 0; i < depth; i++) {
            assertThat(driver.runUntil(queue::ready)).isTrue();
            DriverRequest done = queue.poll();
            assertThat(done.written()).isIn(1L, 8193L);
          }
        }
      }
      for (int i = 0; i < 4 * depth; i++) {
        assertThat(memory.view(headers + 32L * i + 16, 1).get()).isZero();
      }
      driver.reset();
    }
  }
}
