package dev.virtio4j.blk;

import static dev.virtio4j.blk.BlkDriver.IOERR;
import static dev.virtio4j.blk.BlkDriver.OK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.BlkDriver.Shape;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.PackedDriverQueue;
import dev.virtio4j.driver.PackedRing;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.driver.SplitDriverQueue;
import dev.virtio4j.driver.SplitRing;
import dev.virtio4j.queue.DescriptorFlags;
import dev.virtio4j.queue.QueueFault;
import dev.virtio4j.queue.QueueState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hostile cases that need several requests, several queues or a broken ring. */
class HostileRequestsTest {
  private static final int CAPACITY = 256;

  @TempDir Path folder;
  private Path image;

  @BeforeEach
  void image() throws IOException {
    image = Files.write(folder.resolve("disk.img"), RequestRulesTest.pattern(CAPACITY * 512, 1));
  }

  private BlkDriver driver(Shape shape, int queues) {
    return new BlkDriver(BlockDevice.builder(image).queues(queues).build(), shape).start();
  }

  private static int on(BlkDriver driver, int queue, int type, long sector, Segment data) {
    driver.send(queue, driver.header(type, sector), data, driver.status());
    return driver.statusByte();
  }

  private static int readOn(BlkDriver driver, int queue) {
    return on(driver, queue, VirtioBlk.T_IN, 0, driver.in(512));
  }

  // Rings

  /** A chain without an end on queue 0. */
  private static void loop(BlkDriver driver) {
    DriverQueue queue = driver.queues.get(0);
    if (queue instanceof PackedDriverQueue packed) {
      PackedRing ring = packed.ring();
      for (int i = 0; i < queue.config().size(); i++) {
        ring.descriptor(i, driver.data(), 16, 0);
        ring.flags(i, DescriptorFlags.AVAIL | DescriptorFlags.NEXT);
      }
    } else {
      SplitRing ring = ((SplitDriverQueue) queue).ring();
      ring.descriptor(0, driver.data(), 16, DescriptorFlags.NEXT, 0);
      ring.availEntry(0, 0);
      ring.availIndex(1);
    }
    driver.life.ring(0);
    driver.until(() -> !driver.faults.isEmpty());
  }

  @ParameterizedTest
  @EnumSource
  void malformedChainBreaksItsQueueAlone_B0125(Shape shape) {
    try (BlkDriver driver = driver(shape, 2)) {
      loop(driver);
      assertThat(driver.faults)
          .extracting(QueueFault::kind)
          .containsExactly(QueueFault.Kind.CHAIN_LENGTH);
      assertThat(readOn(driver, 1)).isEqualTo(OK);
    }
  }

  @Test
  void availableIndexAheadOfTheFilledEntriesServesWhatIsThere_B0121() {
    try (BlkDriver driver = driver(Shape.SPLIT, 1)) {
      SplitRing ring = ((SplitDriverQueue) driver.queues.get(0)).ring();
      Segment header = driver.header(VirtioBlk.T_IN, 3);
      ring.descriptor(0, header.address(), 16, DescriptorFlags.NEXT, 1);
      ring.descriptor(1, driver.data(), 513, DescriptorFlags.WRITE, 0);
      ring.availEntry(0, 0);
      ring.availIndex(2);
      driver.life.ring(0);
      driver.until(() -> ring.usedIndex() == 2);
      assertThat(ring.usedId(0)).isZero();
      assertThat(ring.usedLength(0)).isEqualTo(513);
      assertThat(driver.faults).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void headAloneOrAStatusThatIsATableWritesNothing_B0212_B0213(Shape shape) {
    try (BlkDriver driver = driver(shape, 2)) {
      assertThat(driver.send(0, driver.header(VirtioBlk.T_IN, 0x7fff_ffff))).isZero();
      DriverQueue queue = driver.queues.get(0);
      Segment status = driver.status();
      Segment header = driver.header(VirtioBlk.T_IN, 0);
      int table = DescriptorFlags.INDIRECT | DescriptorFlags.WRITE;
      if (queue instanceof PackedDriverQueue packed) {
        // The first request has taken the first entry.
        packed.ring().descriptor(2, status.address(), 1, 0);
        packed.ring().flags(2, DescriptorFlags.AVAIL | table);
        packed.ring().descriptor(1, header.address(), 16, 0);
        packed.ring().flags(1, DescriptorFlags.AVAIL | DescriptorFlags.NEXT);
      } else {
        SplitRing ring = ((SplitDriverQueue) queue).ring();
        ring.descriptor(0, header.address(), 16, DescriptorFlags.NEXT, 1);
        ring.descriptor(1, status.address(), 1, table, 0);
        ring.availEntry(1, 0);
        ring.availIndex(2);
      }
      driver.life.ring(0);
      driver.until(() -> !driver.faults.isEmpty());
      assertThat(driver.statusByte()).isEqualTo(BlkDriver.UNWRITTEN);
      assertThat(readOn(driver, 1)).isEqualTo(OK);
    }
  }

  @ParameterizedTest
  @EnumSource
  void kicksOfAnEmptyRingChangeNothing_B0123_B0132(Shape shape) {
    try (BlkDriver driver = driver(shape, 1)) {
      for (int i = 0; i < 100; i++) {
        driver.life.ring(0);
        driver.loop.run();
      }
      assertThat(driver.queues.get(0).ready()).isFalse();
      assertThat(driver.read(0, 512)).isEqualTo(OK);
    }
  }

  @ParameterizedTest
  @EnumSource
  void requestInATableIsServed_B0045_B0124(Shape shape) {
    try (BlkDriver driver = driver(shape, 1)) {
      assertThat(driver.life.features() & 1L << 28).isNotZero();
      assertThat(driver.read(2, 512)).isEqualTo(OK);
      assertThat(driver.bytes(512))
          .isEqualTo(Arrays.copyOfRange(RequestRulesTest.pattern(CAPACITY * 512, 1), 1024, 1536));
    }
  }

  @Test
  void ringOfTwoEntriesServes_B0133() {
    BlockDevice device = BlockDevice.builder(image).queueSize(2).build();
    try (BlkDriver driver = new BlkDriver(device, Shape.SPLIT).start()) {
      for (int i = 0; i < 10; i++) {
        assertThat(driver.send(0, driver.header(VirtioBlk.T_IN, i), driver.in(513))).isEqualTo(513);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SPLIT", "PACKED"})
  void resetsBetweenRequestsLeaveAGoodDevice_B0041_B0050(Shape shape) {
    try (BlkDriver driver = driver(shape, 1)) {
      for (int i = 0; i < 20; i++) {
        DriverQueue queue = driver.queues.get(0);
        queue.submit(
            queue.prepare(driver.header(VirtioBlk.T_IN, 0), driver.in(512), driver.status()));
        queue.publish();
        driver.life.ring(0);
        driver.await(driver.life.reset());
        driver.life.ring(0);
        driver.start();
        assertThat(driver.flush()).isEqualTo(OK);
      }
    }
  }

  // Queues

  @ParameterizedTest
  @EnumSource(names = {"SPLIT", "PACKED"})
  void queuesThatShareTheirAreasHarmNoOther_B0022(Shape shape) {
    try (BlkDriver driver = driver(shape, 3)) {
      driver.await(driver.life.stopQueue(1));
      driver.await(
          driver.life.startQueue(
              1,
              QueueState.initial(driver.queues.get(0).config()),
              driver.guestMemory,
              () -> {},
              null));
      DriverQueue queue = driver.queues.get(0);
      queue.submit(
          queue.prepare(driver.header(VirtioBlk.T_IN, 0), driver.in(512), driver.status()));
      queue.publish();
      driver.life.ring(0);
      driver.life.ring(1);
      driver.loop.run();
      assertThat(readOn(driver, 2)).isEqualTo(OK);
    }
  }

  @ParameterizedTest
  @EnumSource
  void queueThatStopsAndStartsServesWhatWasPostedMeanwhile_B0150(Shape shape) {
    try (BlkDriver driver = driver(shape, 2)) {
      assertThat(readOn(driver, 0)).isEqualTo(OK);
      QueueState state = driver.await(driver.life.stopQueue(0));
      DriverQueue queue = driver.queues.get(0);
      DriverRequest parked =
          queue.prepare(driver.header(VirtioBlk.T_IN, 0), driver.in(512), driver.status());
      queue.submit(parked);
      queue.publish();
      driver.life.ring(0);
      driver.loop.run();
      assertThat(queue.ready()).isFalse();
      driver.await(driver.life.startQueue(0, state, driver.guestMemory, () -> {}, null));
      driver.until(queue::ready);
      assertThat(queue.poll()).isSameAs(parked);
      assertThat(driver.statusByte()).isEqualTo(OK);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyRequestOfEveryQueueIsAnsweredOnceAndOnItsOwn_B0032_B0054_B0154(Shape shape) {
    try (BlkDriver driver = driver(shape, 4)) {
      long headers = driver.memory.allocate(16, 16);
      driver.view(headers, 16).putInt(VirtioBlk.T_IN).putInt(0).putLong(0);
      List<List<DriverRequest>> all = new ArrayList<>();
      for (DriverQueue queue : driver.queues) {
        List<DriverRequest> own = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          DriverRequest request =
              queue.prepare(
                  Segment.readable(headers, 16), Segment.writable(driver.data() + 1024L * i, 513));
          queue.submit(request);
          own.add(request);
        }
        queue.publish();
        all.add(own);
      }
      for (int i = 0; i < 4; i++) {
        driver.life.ring(i);
      }
      for (int i = 0; i < 4; i++) {
        DriverQueue queue = driver.queues.get(i);
        for (int n = 0; n < 20; n++) {
          driver.until(queue::ready);
          assertThat(all.get(i).remove(queue.poll())).isTrue();
        }
        driver.loop.run();
        assertThat(queue.ready()).isFalse();
      }
    }
  }

  // Content

  @ParameterizedTest
  @EnumSource
  void writeAndReadOfOneSectorInABatchAreBothDone_B0104(Shape shape) {
    try (BlkDriver driver = driver(shape, 1)) {
      DriverQueue queue = driver.queues.get(0);
      long at = driver.memory.allocate(4096, 16);
      driver.view(at, 16).putInt(VirtioBlk.T_OUT).putInt(0).putLong(5);
      driver.view(at + 16, 16).putInt(VirtioBlk.T_IN).putInt(0).putLong(5);
      driver.view(at + 512, 512).put(new byte[512]);
      queue.submit(
          queue.prepare(
              Segment.readable(at, 16),
              Segment.readable(at + 512, 512),
              Segment.writable(at + 40, 1)));
      queue.submit(queue.prepare(Segment.readable(at + 16, 16), Segment.writable(at + 1024, 513)));
      driver.view(at + 40, 1).put((byte) 9);
      driver.view(at + 1536, 1).put((byte) 9);
      queue.publish();
      driver.life.ring(0);
      for (int i = 0; i < 2; i++) {
        driver.until(queue::ready);
        assertThat(queue.poll()).isNotNull();
      }
      assertThat(driver.view(at + 40, 1).get()).isZero();
      assertThat(driver.view(at + 1536, 1).get()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 1024, 8192, 16384, 65536})
  void whatIsWrittenIsReadTwiceAlsoAfterAFlush_B0183_B0186_B0191_B0193_B0216_B0217_B0222_B0227(
      int length) {
    for (Shape shape : Shape.values()) {
      try (BlkDriver driver = driver(shape, 1)) {
        for (long sector : new long[] {0, 7, CAPACITY - length / 512}) {
          for (int seed = 0; seed < 3; seed++) {
            byte[] bytes = RequestRulesTest.pattern(length, seed + (int) sector);
            assertThat(driver.write(sector, bytes)).isEqualTo(OK);
            assertThat(driver.flush()).isEqualTo(OK);
            for (int i = 0; i < 2; i++) {
              assertThat(driver.read(sector, length)).isEqualTo(OK);
              assertThat(driver.bytes(length)).isEqualTo(bytes);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 0xff, 0xaa, 0x55})
  void patternsOfEqualBytesComeBack_B0221_B0223_B0224_B0225_B0226(int value) {
    byte[] bytes = new byte[4096];
    Arrays.fill(bytes, (byte) value);
    try (BlkDriver driver = driver(Shape.SPLIT, 1)) {
      assertThat(driver.write(8, bytes)).isEqualTo(OK);
      assertThat(driver.read(8, 4096)).isEqualTo(OK);
      assertThat(driver.bytes(4096)).isEqualTo(bytes);
    }
  }

  @ParameterizedTest
  @EnumSource
  void rangesThatWereDiscardedOrZeroedAreReadAndWrittenAgain_B0111_B0181(Shape shape) {
    try (BlkDriver driver = driver(shape, 1)) {
      assertThat(driver.discard(0, 64)).isEqualTo(OK);
      assertThat(driver.read(0, 32768)).isEqualTo(OK);
      assertThat(driver.zero(64, 64, true)).isEqualTo(OK);
      assertThat(driver.read(64, 32768)).isEqualTo(OK);
      assertThat(driver.bytes(32768)).containsOnly(0);
      byte[] bytes = RequestRulesTest.pattern(65536, 5);
      assertThat(driver.write(0, bytes)).isEqualTo(OK);
      assertThat(driver.read(0, 65536)).isEqualTo(OK);
      assertThat(driver.bytes(65536)).isEqualTo(bytes);
      assertThat(driver.read(CAPACITY, 512)).isEqualTo(IOERR);
    }
  }

  @ParameterizedTest
  @EnumSource
  void batchOfFlushesAndIdsIsAnswered_B0036_B0086_B0129(Shape shape) {
    try (BlkDriver driver = driver(shape, 1)) {
      DriverQueue queue = driver.queues.get(0);
      long at = driver.memory.allocate(1024, 16);
      driver.view(at, 16).putInt(VirtioBlk.T_FLUSH).putInt(0).putLong(0);
      driver.view(at + 16, 16).putInt(VirtioBlk.T_GET_ID).putInt(0).putLong(0);
      for (int i = 0; i < 4; i++) {
        queue.submit(queue.prepare(Segment.readable(at, 16), Segment.writable(at + 64 + i, 1)));
        queue.submit(
            queue.prepare(Segment.readable(at + 16, 16), Segment.writable(at + 128 + 32L * i, 21)));
      }
      queue.publish();
      driver.life.ring(0);
      int flushes = 0;
      int ids = 0;
      for (int i = 0; i < 8; i++) {
        driver.until(queue::ready);
        long written = queue.poll().written();
        flushes += written == 1 ? 1 : 0;
        ids += written == 21 ? 1 : 0;
      }
      assertThat(flushes).isEqualTo(4);
      assertThat(ids).isEqualTo(4);
    }
  }
}
