package dev.virtio4j.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InflightLogTest {
  private static final int SIZE = 8;

  private final DriverMemory memory = DriverMemory.direct(0x1000, 1 << 16);

  private static ByteBuffer region(boolean packed) {
    return ByteBuffer.allocateDirect(InflightLog.bytes(packed, SIZE))
        .order(ByteOrder.nativeOrder());
  }

  private DriverQueue driver(boolean packed) {
    return DriverQueue.create(memory, SIZE, new RingFeatures(packed, true, false, false));
  }

  private InflightLog open(ByteBuffer region, DriverQueue driver) {
    return InflightLog.open(
        region,
        driver.features().packed(),
        QueueState.initial(driver.config()),
        memory.guestMemory());
  }

  private Virtqueue start(DriverQueue driver, ByteBuffer region) {
    return Virtqueue.start(
        QueueState.initial(driver.config()),
        driver.features(),
        SIZE,
        memory.guestMemory(),
        open(region, driver));
  }

  private DriverRequest submit(DriverQueue driver, int number) {
    long at = memory.allocate(8, 8);
    memory.view(at, 8).putLong(0, number);
    DriverRequest request = driver.prepare(Segment.readable(at, 4), Segment.readable(at + 4, 4));
    driver.submit(request);
    driver.publish();
    return request;
  }

  /** A region in which three chains are in flight, taken in this order: 2, 3, 4. */
  private ByteBuffer left(DriverQueue driver) {
    ByteBuffer region = region(driver.features().packed());
    Virtqueue queue = start(driver, region);
    submit(driver, 1);
    queue.complete(queue.poll(), 0);
    driver.discard(driver.poll());
    for (int i = 2; i <= 4; i++) {
      submit(driver, i);
      queue.poll();
    }
    return region;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWasInFlightIsServedFirstAndInTheOrderInWhichItWasTaken(boolean packed) {
    DriverQueue driver = driver(packed);
    ByteBuffer region = left(driver);
    submit(driver, 5);
    Virtqueue queue = start(driver, region);
    assertThat(queue.available()).isTrue();
    assertThat(queue.enableNotifications()).isFalse();
    List<Long> numbers = new ArrayList<>();
    for (BufferChain chain = queue.poll(); chain != null; chain = queue.poll()) {
      numbers.add(chain.reader().readLong());
      queue.complete(chain, 0);
    }
    assertThat(numbers).containsExactly(2L, 3L, 4L, 5L);
    assertThat(queue.state().usedIndex()).isEqualTo(packed ? 10 - SIZE : 5);
    assertThat(queue.enableNotifications()).isTrue();
    for (int i = 0; i < 4; i++) {
      assertThat(driver.poll()).isNotNull();
    }
    // And nothing a second time.
    assertThat(start(driver, region).poll()).isNull();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aQueueThatStopsBeforeItHasServedThemTellsHowManyAreLeft(boolean packed) {
    DriverQueue driver = driver(packed);
    ByteBuffer region = left(driver);
    submit(driver, 5);
    Virtqueue first = start(driver, region);
    assertThat(first.resubmissions()).isEqualTo(3);
    QueueState untouched = first.state();
    // Another start with the same region finds the same, and the place after them.
    Virtqueue second = start(driver, region);
    assertThat(second.state()).isEqualTo(untouched);
    second.complete(second.poll(), 0);
    assertThat(second.resubmissions()).isEqualTo(2);
    Virtqueue third = start(driver, region);
    assertThat(third.resubmissions()).isEqualTo(2);
    assertThat(third.state().availIndex()).isEqualTo(untouched.availIndex());
    assertThat(third.state().availWrap()).isEqualTo(untouched.availWrap());
    List<Long> numbers = new ArrayList<>();
    while (third.resubmissions() != 0) {
      BufferChain chain = third.poll();
      numbers.add(chain.reader().readLong());
      third.complete(chain, 0);
    }
    assertThat(numbers).containsExactly(3L, 4L);
    // Now the state alone says where to go on.
    Virtqueue fourth =
        Virtqueue.start(third.state(), driver.features(), SIZE, memory.guestMemory());
    assertThat(fourth.resubmissions()).isZero();
    assertThat(fourth.poll().reader().readLong()).isEqualTo(5);
    assertThat(fourth.poll()).isNull();
  }

  @Test
  void theLayoutIsThatOfTheProtocol() {
    assertThat(SplitInflightLog.bytes(0)).isEqualTo(16);
    assertThat(SplitInflightLog.bytes(2)).isEqualTo(48);
    assertThat(PackedInflightLog.bytes(0)).isEqualTo(32);
    assertThat(PackedInflightLog.bytes(2)).isEqualTo(96);
    DriverQueue split = driver(false);
    ByteBuffer region = left(split);
    assertThat(region.getLong(0)).isZero();
    assertThat(region.getShort(8)).isEqualTo((short) 1);
    assertThat(region.getShort(10)).isEqualTo((short) SIZE);
    assertThat(region.getShort(14)).isEqualTo((short) 1);
    DriverQueue packed = driver(true);
    region = left(packed);
    assertThat(region.getShort(8)).isEqualTo((short) 1);
    assertThat(region.getShort(10)).isEqualTo((short) SIZE);
    assertThat(region.getShort(12)).isEqualTo(region.getShort(14));
    assertThat(region.getShort(16)).isEqualTo((short) 2);
    assertThat(region.getShort(18)).isEqualTo((short) 2);
    assertThat(region.get(20)).isEqualTo((byte) 1);
    assertThat(region.get(21)).isEqualTo((byte) 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRegionOfAnotherSizeVersionOrAlignmentIsRefused(boolean packed) {
    DriverQueue driver = driver(packed);
    assertThatThrownBy(
            () -> open(region(packed).limit(InflightLog.bytes(packed, SIZE) - 8).slice(), driver))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs " + InflightLog.bytes(packed, SIZE));
    ByteBuffer larger = ByteBuffer.allocateDirect(4096);
    assertThatThrownBy(() -> open(larger.position(1).slice(), driver))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("aligned");
    refused(driver, left(driver).putShort(8, (short) 2), "unknown version 2");
    refused(driver(packed), left(driver(packed)).putShort(10, (short) 4), "for a queue of 4");
    refused(driver(packed), left(driver(packed)).putShort(10, (short) -1), "for a queue of 65535");
  }

  private void refused(DriverQueue driver, ByteBuffer region, String message) {
    assertThatThrownBy(() -> open(region, driver))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static int entry(int index) {
    return PackedInflightLayout.at(index);
  }

  /** Entries of a packed region in which a chain is in flight, by age. */
  private static int head(ByteBuffer region, int number) {
    for (int i = 0; i < SIZE; i++) {
      if (region.get(entry(i)) != 0 && region.getLong(entry(i) + 8) == number) {
        return i;
      }
    }
    throw new AssertionError();
  }

  @Test
  void aPackedRegionThatContradictsItselfIsRefused() {
    DriverQueue driver = driver(true);
    ByteBuffer good = left(driver);
    byte[] bytes = new byte[good.capacity()];
    good.get(0, bytes);
    int head = head(good, 2);
    int last = good.getShort(entry(head) + 4);
    int other = head(good, 1);
    int free = good.getShort(14);
    record Lie(String message, int at, int value, boolean wide) {}
    List<Lie> lies =
        List.of(
            new Lie("used index of 8", 16, SIZE, true),
            new Lie("used index of 65535", 18, 65535, true),
            new Lie("wrap counter of 2", 20, 2, false),
            new Lie("wrap counter of 255", 21, 255, false),
            new Lie("free list loops", entry(free) + 2, free, true),
            new Lie("neither free nor in flight", 14, 65535, true),
            new Lie("neither free nor in flight", entry(head), 0, false),
            new Lie("neither free nor in flight", entry(free) + 2, SIZE, true),
            new Lie("runs into entry", entry(last) + 2, head, true),
            new Lie("runs into entry", entry(head) + 6, SIZE + 1, true),
            new Lie("runs into entry", entry(head) + 6, 65535, true),
            new Lie("has 0 descriptors", entry(head) + 6, 0, true),
            new Lie("has 1 descriptors", entry(head) + 6, 1, true),
            new Lie("ends at entry", entry(head) + 4, head, true),
            new Lie("runs into entry", entry(head) + 2, other, true));
    for (Lie lie : lies) {
      good.put(0, bytes);
      if (lie.message.equals("runs into entry") && lie.at == entry(last) + 2) {
        good.putShort(entry(head) + 6, (short) 3);
      }
      if (lie.wide) {
        good.putShort(lie.at, (short) lie.value);
      } else {
        good.put(lie.at, (byte) lie.value);
      }
      refused(driver, good, lie.message);
    }
    good.put(0, bytes);
    assertThat(open(good, driver).resubmissions()).isEqualTo(3);
  }

  @Test
  void aSplitRegionThatContradictsTheUsedRingIsRefused() {
    DriverQueue driver = driver(false);
    refused(driver, left(driver).putShort(14, (short) 100), "used index of 100");
    DriverQueue second = driver(false);
    refused(
        second,
        left(second).putShort(14, (short) 0).putShort(12, (short) SIZE),
        "names descriptor 8 of 8");
  }

  @Test
  void aSplitRegionWithNothingInFlightFitsAnyUsedIndex() {
    DriverQueue driver = driver(false);
    ByteBuffer region = region(false);
    start(driver, region);
    region.putShort(14, (short) 100);
    assertThat(open(region, driver).resubmissions()).isZero();
  }

  @Test
  void aSplitBatchThatLoopsIsBounded() {
    DriverQueue driver = driver(false);
    ByteBuffer region = left(driver);
    region.putShort(14, (short) (1 - SIZE));
    assertThat(open(region, driver).resubmissions()).isLessThanOrEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatTheFrontEndWritesIntoTheRegionLaterChangesNothing(boolean packed) {
    DriverQueue driver = driver(packed);
    ByteBuffer region = left(driver);
    Virtqueue queue = start(driver, region);
    for (int i = 0; i < region.capacity(); i++) {
      region.put(i, (byte) 0xff);
    }
    for (int i = 2; i <= 4; i++) {
      BufferChain chain = queue.poll();
      assertThat(chain.reader().readLong()).isEqualTo(i);
      queue.complete(chain, 0);
      assertThat(driver.poll()).isNotNull();
    }
    submit(driver, 5);
    queue.complete(queue.poll(), 0);
    assertThat(driver.poll()).isNotNull();
    assertThat(queue.fault()).isNull();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anyRegionIsRefusedOrServedInBoundedWork(boolean packed) {
    long seed = Long.getLong("virtio4j.seed", System.nanoTime());
    Random random = new Random(seed);
    DriverQueue driver = driver(packed);
    ByteBuffer good = left(driver);
    byte[] bytes = new byte[good.capacity()];
    good.get(0, bytes);
    int served = 0;
    for (int round = 0; round < 20_000; round++) {
      good.put(0, bytes);
      for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
        int at = random.nextInt(good.capacity());
        good.put(at, (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(SIZE)));
      }
      try {
        Virtqueue queue = start(driver, good);
        int chains = 0;
        while (queue.poll() != null) {
          chains++;
        }
        assertThat(chains).as("seed %d", seed).isLessThanOrEqualTo(2 * SIZE);
        served++;
      } catch (IllegalArgumentException refused) {
        assertThat(refused).as("seed %d", seed).hasMessageContaining("inflight region");
      }
    }
    assertThat(served).as("seed %d", seed).isBetween(100, 19_900);
  }

  @Test
  void aLogOfTheOtherFormatOrOfAnotherSizeIsRefused() {
    DriverQueue split = driver(false);
    DriverQueue packed = driver(true);
    InflightLog packedLog = open(region(true), packed);
    InflightLog splitLog = open(region(false), split);
    assertThatThrownBy(() -> startWith(split, packedLog))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("PackedInflightLog[size=8, resubmissions=0] does not fit a split ring of 8");
    assertThatThrownBy(() -> startWith(packed, splitLog))
        .isInstanceOf(IllegalArgumentException.class);
    DriverQueue small = DriverQueue.create(memory, 4, split.features());
    assertThatThrownBy(() -> startWith(small, splitLog))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void startWith(DriverQueue driver, InflightLog log) {
    Virtqueue.start(
        QueueState.initial(driver.config()), driver.features(), 8, memory.guestMemory(), log);
  }
}
