package dev.virtio4j.blk;

import static dev.virtio4j.blk.BlkDriver.OK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.blk.BlkDriver.Shape;
import dev.virtio4j.blk.image.CountingLoop;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.queue.RingFeatures;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void burstGoesAtOnceAndTheRestAtTheRate() {
    TokenBucket bucket = new TokenBucket(1000, 10, 0);
    for (int i = 0; i < 10; i++) {
      assertThat(bucket.delay(1, 0)).isLessThanOrEqualTo(0);
      bucket.take(1, 0);
    }
    assertThat(bucket.delay(1, 0)).isBetween(1L, SECOND / 1000);
    long now = 0;
    int taken = 0;
    while (now < SECOND) {
      long delay = bucket.delay(1, now);
      if (delay > 0) {
        now += delay;
      } else {
        bucket.take(1, now);
        taken++;
      }
    }
    assertThat(taken).isBetween(999, 1001);
  }

  @Test
  void requestLargerThanTheBurstIsLetThroughAndPaidFor() {
    TokenBucket bucket = new TokenBucket(1000, 10, 0);
    assertThat(bucket.delay(2000, 0)).isLessThanOrEqualTo(0);
    bucket.take(2000, 0);
    assertThat(bucket.delay(1, 0)).isBetween(SECOND * 19 / 10, SECOND * 2);
    assertThat(bucket.delay(1, 2 * SECOND)).isLessThanOrEqualTo(0);
  }

  @Test
  void pauseFillsNoMoreThanTheBurst() {
    TokenBucket bucket = new TokenBucket(1000, 10, 0);
    int taken = 0;
    while (bucket.delay(1, 3600 * SECOND) <= 0) {
      bucket.take(1, 3600 * SECOND);
      taken++;
    }
    assertThat(taken).isEqualTo(10);
  }

  @Test
  void clockMayWrap() {
    long start = Long.MAX_VALUE - SECOND / 2;
    TokenBucket bucket = new TokenBucket(1000, 1000, start);
    bucket.take(1500, start);
    assertThat(bucket.delay(1, start)).isBetween(SECOND * 49 / 100, SECOND * 51 / 100);
    assertThat(bucket.delay(1, start + SECOND)).isLessThanOrEqualTo(0);
  }

  @Test
  void largestNumbersDoNotOverflow() {
    TokenBucket bucket = new TokenBucket(1, Long.MAX_VALUE, 0);
    bucket.take(Long.MAX_VALUE, 0);
    assertThat(bucket.delay(1, 0)).isLessThan(Long.MAX_VALUE / 2);
  }

  @Test
  void throttledQueueWaitsAndGoesOn() {
    RecordingImage image = new RecordingImage(1 << 20);
    RateLimit limit = new RateLimit(0, 0, 100, 1);
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(image).rateLimit(limit).build(), Shape.SPLIT).start()) {
      long begun = System.nanoTime();
      for (int i = 0; i < 6; i++) {
        assertThat(driver.read(0, 512)).isEqualTo(OK);
      }
      assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(SECOND * 50 / 1000);
    }
  }

  @Test
  void bytesAreLimitedToo() {
    RecordingImage image = new RecordingImage(1 << 20);
    RateLimit limit = new RateLimit(1 << 20, 4096, 0, 0);
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(image).rateLimit(limit).build(), Shape.SPLIT).start()) {
      long begun = System.nanoTime();
      for (int i = 0; i < 4; i++) {
        assertThat(driver.write(0, new byte[32768])).isEqualTo(OK);
        assertThat(driver.flush()).isEqualTo(OK);
      }
      assertThat(System.nanoTime() - begun).isGreaterThan(SECOND * 85 / 1000);
    }
  }

  @Test
  void zeroesCountAsBytes() {
    RecordingImage image = new RecordingImage(1 << 20);
    RateLimit limit = new RateLimit(1 << 20, 4096, 0, 0);
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(image).rateLimit(limit).build(), Shape.SPLIT).start()) {
      long begun = System.nanoTime();
      for (int i = 0; i < 3; i++) {
        assertThat(driver.zero(0, 128, false)).isEqualTo(OK);
      }
      assertThat(System.nanoTime() - begun).isGreaterThan(SECOND * 110 / 1000);
    }
  }

  /** Has a second read wait for the limit. */
  private static DriverRequest park(BlkDriver driver) {
    var queue = driver.queues.get(0);
    var waiting = queue.prepare(driver.header(VirtioBlk.T_IN, 1), driver.in(512), driver.status());
    queue.submit(waiting);
    queue.publish();
    driver.life.ring(0);
    driver.loop.run();
    return waiting;
  }

  private static void pass(BlkDriver driver, long nanos) {
    boolean[] passed = {false};
    driver.loop.schedule(nanos, () -> passed[0] = true);
    driver.until(() -> passed[0]);
  }

  @Test
  void chainThatWaitsIsFinishedOnceWhereItsQueueBreaks() {
    RecordingImage image = new RecordingImage(1 << 20);
    RateLimit limit = new RateLimit(0, 0, 20, 1);
    BlockDevice device = BlockDevice.builder(image).rateLimit(limit).build();
    try (BlkDriver driver = new BlkDriver(device, Shape.SPLIT)) {
      DriverQueue queue = DriverQueue.create(driver.memory, 16, RingFeatures.of(0));
      driver.await(
          driver.life.startQueue(
              0,
              QueueState.initial(queue.config()),
              driver.guestMemory,
              () -> {
                throw new InternalError("a late error of an access to truncated memory");
              },
              null));
      for (int i = 0; i < 2; i++) {
        queue.submit(
            queue.prepare(driver.header(VirtioBlk.T_IN, 0), driver.in(512), driver.status()));
      }
      queue.publish();
      driver.life.ring(0);
      driver.loop.run();
      assertThat(driver.faults).hasSize(1);
      assertThat(image.seen).hasSize(1);
      pass(driver, SECOND / 5);
      assertThat(image.seen).hasSize(2);
      driver.await(driver.life.stopQueue(0));
    }
  }

  @Test
  void chainIsStartedAtOnceWhereNoTimerCanBeHad() {
    RecordingImage image = new RecordingImage(1 << 20);
    RateLimit limit = new RateLimit(100_000, 512, 0, 0);
    BlockDevice device = BlockDevice.builder(image).rateLimit(limit).build();
    CountingLoop[] loops = new CountingLoop[1];
    try (BlkDriver driver =
        new BlkDriver(device, Shape.SPLIT, steps -> loops[0] = new CountingLoop(steps)).start()) {
      assertThat(driver.read(0, 1024)).isEqualTo(OK);
      DriverRequest waiting = park(driver);
      assertThat(driver.queues.get(0).ready()).isFalse();
      device.limiter().force(1 << 20, System.nanoTime());
      loops[0].timers = false;
      driver.until(driver.queues.get(0)::ready);
      assertThat(driver.queues.get(0).poll()).isSameAs(waiting);
      assertThat(driver.statusByte()).isEqualTo(OK);
    }
  }

  @Test
  void stopDoesNotWaitForTheLimit() {
    RecordingImage image = new RecordingImage(1 << 20);
    RateLimit limit = new RateLimit(1, 1, 0, 0);
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(image).rateLimit(limit).build(), Shape.SPLIT).start()) {
      assertThat(driver.read(0, 1024)).isEqualTo(OK);
      var queue = driver.queues.get(0);
      var waiting =
          queue.prepare(driver.header(VirtioBlk.T_IN, 0), driver.in(512), driver.status());
      queue.submit(waiting);
      queue.publish();
      driver.life.ring(0);
      driver.loop.run();
      assertThat(queue.ready()).isFalse();
      driver.await(driver.life.stopQueue(0));
      assertThat(queue.poll()).isSameAs(waiting);
      assertThat(driver.statusByte()).isEqualTo(OK);
    }
  }

  @Test
  void burstWithoutRateIsRefused() {
    assertThatThrownBy(() -> new RateLimit(0, 5, 0, 0)).hasMessageContaining("rate of bytes");
    assertThatThrownBy(() -> new RateLimit(-1, 0, 0, 0)).hasMessageContaining("negative");
  }
}
