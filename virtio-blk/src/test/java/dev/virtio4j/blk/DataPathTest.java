package dev.virtio4j.blk;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.virtio4j.driver.DriverDevice;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request costs in steady state. */
class DataPathTest {
  private static final int DEPTH = 32;
  private static final int BLOCK = 4096;
  private static final int BLOCKS = 4096;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void inlineRequestsAllocateNothing(boolean packed) throws IOException {
    Path memory = Path.of("/dev/shm");
    Path image =
        Files.isWritable(memory)
            ? Files.createTempFile(memory, "virtio4j", ".img")
            : folder.resolve("disk.img");
    Files.write(image, new byte[BLOCKS * BLOCK]);
    BlockDevice device = BlockDevice.builder(image).build();
    try (device;
        DriverDevice driver = new DriverDevice(device)) {
      long ring = packed ? 1L << 34 : 0;
      driver.negotiate((device.features() & ~(1L << 34) & ~(1L << 35)) | ring);
      DriverQueue queue = driver.startQueue(0);
      DriverRequest[] requests = new DriverRequest[DEPTH];
      long headers = driver.memory().allocate(32 * DEPTH, 32);
      long data = driver.memory().allocate(BLOCK * DEPTH, BLOCK);
      for (int i = 0; i < DEPTH; i++) {
        long header = headers + 32L * i;
        boolean write = i % 4 == 0;
        driver.memory().view(header, 16).putInt(write ? 1 : 0);
        requests[i] =
            queue.prepare(
                Segment.readable(header, 16),
                new Segment(data + (long) i * BLOCK, BLOCK, !write),
                Segment.writable(header + 16, 1));
        requests[i].tag(header);
      }
      SplittableRandom random = new SplittableRandom(1);
      double before = 0;
      double nanos = 0;
      for (int turn = 0; turn < 8; turn++) {
        long allocated = allocated();
        long begun = cpuTime();
        for (int i = 0; i < 1000; i++) {
          batch(driver, queue, requests, random);
        }
        nanos = (cpuTime() - begun) / (1000.0 * DEPTH);
        before = (allocated() - allocated) / (1000.0 * DEPTH);
      }
      System.out.printf(
          "DataPathTest packed=%b: %.0f ns of CPU and %.2f bytes of heap a request%n",
          packed, nanos, before);
      // A stepped loop allocates a little each time that it is run, here once for 32 requests.
      assertThat(before).isLessThan(8);
    } finally {
      Files.deleteIfExists(image);
    }
  }

  private static void batch(
      DriverDevice driver, DriverQueue queue, DriverRequest[] requests, SplittableRandom random) {
    for (DriverRequest request : requests) {
      driver
          .memory()
          .region()
          .putLong(
              request.tag() + 8 - driver.memory().guestAddress(),
              (long) random.nextInt(BLOCKS) * (BLOCK / 512));
      queue.submit(request);
    }
    queue.publish();
    driver.kick(0);
    for (int i = 0; i < requests.length; i++) {
      DriverRequest done = queue.poll();
      if (done == null) {
        throw new AssertionError("an inline request was not answered at once");
      }
    }
  }

  private static long cpuTime() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static long allocated() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }
}
