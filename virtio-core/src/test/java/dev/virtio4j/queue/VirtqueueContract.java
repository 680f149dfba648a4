package dev.virtio4j.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.memory.AccessorRegion;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MappedRegion;
import dev.virtio4j.memory.MemoryAccessor;
import dev.virtio4j.memory.MemoryRegion;
import dev.virtio4j.testing.Normative;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every ring format owes a device and its driver. */
abstract class VirtqueueContract {
  static final String BASIC = "Basic Facilities of a Virtio Device / ";
  static final long BASE = 0x1_0000_0000L;
  static final int SIZE = 8;

  final DriverMemory memory = DriverMemory.direct(BASE, 1 << 20);

  abstract RingFeatures features(boolean indirect, boolean eventIdx, boolean inOrder);

  RingFeatures plain() {
    return features(false, false, false);
  }

  Virtqueue start(DriverQueue driver) {
    return Virtqueue.start(
        QueueState.initial(driver.config()),
        driver.features(),
        QueueConfig.MAX_SIZE,
        memory.guestMemory());
  }

  DriverQueue driver(RingFeatures features, int size) {
    return DriverQueue.create(memory, size, features);
  }

  /** A request of a readable part, filled with a number, and a writable one. */
  DriverRequest request(DriverQueue driver, int number) {
    long out = memory.allocate(8, 8);
    memory.view(out, 8).putLong(0, number);
    return driver.prepare(Segment.readable(out, 8), Segment.writable(memory.allocate(16, 8), 16));
  }

  static long number(BufferChain chain) {
    return chain.reader().readLong();
  }

  static void answer(Virtqueue queue, BufferChain chain) {
    chain.writer().writeLong(~number(chain));
    queue.complete(chain, 8);
  }

  @Test
  void anEmptyRingHasNothingToTake() {
    Virtqueue queue = start(driver(plain(), SIZE));
    assertThat(queue.available()).isFalse();
    assertThat(queue.poll()).isNull();
    assertThat(queue.fault()).isNull();
    assertThat(queue.takeInterrupt()).isFalse();
  }

  @Test
  @Normative(BASIC + "Virtqueues / The Virtqueue Used Ring:1")
  @Normative(BASIC + "Virtqueues / The Virtqueue Used Ring:2")
  void aChainIsTakenReadWrittenAndGivenBackWithWhatWasWritten() {
    DriverQueue driver = driver(plain(), SIZE);
    Virtqueue queue = start(driver);
    long out = memory.allocate(12, 4);
    long in = memory.allocate(16, 4);
    memory.view(out, 12).putLong(0, 42).putInt(8, 7);
    DriverRequest request =
        driver.prepare(
            Segment.readable(out, 3), Segment.readable(out + 3, 9), Segment.writable(in, 16));
    assertThat(driver.submit(request)).isTrue();
    assertThat(queue.available()).isFalse();
    driver.publish();
    assertThat(queue.available()).isTrue();

    BufferChain chain = queue.poll();
    assertThat(chain.segments()).isEqualTo(3);
    assertThat(chain.readableBytes()).isEqualTo(12);
    assertThat(chain.writableBytes()).isEqualTo(16);
    assertThat(chain.reader().readLong()).isEqualTo(42);
    assertThat(chain.reader().readInt()).isEqualTo(7);
    chain.writer().writeLong(99);
    assertThat(queue.inFlight()).isEqualTo(1);
    queue.complete(chain, 8);

    assertThat(driver.poll()).isSameAs(request);
    assertThat(request.written()).isEqualTo(8);
    assertThat(memory.view(in, 16).getLong(0)).isEqualTo(99);
    assertThat(queue.inFlight()).isZero();
    assertThat(queue.poll()).isNull();
    assertThat(driver.poll()).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 256})
  void aRingGoesRoundForEver(int size) {
    DriverQueue driver = driver(features(true, false, false), size);
    Virtqueue queue = start(driver);
    List<DriverRequest> requests = new ArrayList<>();
    for (int i = 0; i < Math.min(size, 5); i++) {
      long out = memory.allocate(8, 8);
      memory.view(out, 8).putLong(0, i);
      requests.add(
          driver.prepareIndirect(
              Segment.readable(out, 8), Segment.writable(memory.allocate(8, 8), 8)));
    }
    // Past the end of the 16-bit indices.
    for (int round = 0; round < 70_000 / requests.size(); round++) {
      requests.forEach(driver::submit);
      driver.publish();
      for (DriverRequest ignored : requests) {
        answer(queue, queue.poll());
      }
      assertThat(queue.poll()).isNull();
      for (DriverRequest request : requests) {
        assertThat(driver.poll()).isSameAs(request);
      }
    }
    assertThat(queue.fault()).isNull();
  }

  @Test
  void chainsAreGivenBackInAnyOrder() {
    DriverQueue driver = driver(plain(), SIZE);
    Virtqueue queue = start(driver);
    DriverRequest first = request(driver, 1);
    DriverRequest second = request(driver, 2);
    for (int round = 0; round < 100; round++) {
      driver.submit(first);
      driver.submit(second);
      driver.publish();
      BufferChain one = queue.poll();
      BufferChain two = queue.poll();
      assertThat(one.slot()).isNotEqualTo(two.slot());
      assertThat(number(one)).isEqualTo(1);
      assertThat(number(two)).isEqualTo(2);
      queue.complete(two, 16);
      queue.complete(one, 0);
      assertThat(driver.poll()).isSameAs(second);
      assertThat(driver.poll()).isSameAs(first);
      assertThat(second.written()).isEqualTo(16);
      assertThat(first.written()).isZero();
    }
  }

  @Test
  @Normative("Reserved Feature Bits:5")
  void withInOrderChainsAreUsedAsTheyBecameAvailable() {
    DriverQueue driver = driver(features(false, false, true), SIZE);
    Virtqueue queue = start(driver);
    DriverRequest first = request(driver, 1);
    DriverRequest second = request(driver, 2);
    for (int round = 0; round < 100; round++) {
      driver.submit(first);
      driver.submit(second);
      driver.publish();
      BufferChain one = queue.poll();
      BufferChain two = queue.poll();
      queue.complete(two, 16);
      assertThat(driver.poll()).isNull();
      assertThat(queue.inFlight()).isEqualTo(2);
      assertThat(queue.unsignalled()).isZero();
      queue.complete(one, 8);
      assertThat(queue.unsignalled()).isEqualTo(2);
      assertThat(driver.poll()).isSameAs(first);
      assertThat(first.written()).isEqualTo(8);
      assertThat(driver.poll()).isSameAs(second);
      assertThat(second.written()).isEqualTo(16);
      assertThat(queue.takeInterrupt()).isTrue();
    }
  }

  @Test
  void whatInOrderHoldsIsNotInFlightOnceTheQueueBroke() {
    DriverQueue driver = driver(features(false, false, true), SIZE);
    Virtqueue queue = start(driver);
    driver.submit(request(driver, 1));
    driver.submit(request(driver, 2));
    driver.publish();
    BufferChain one = queue.poll();
    BufferChain two = queue.poll();
    queue.complete(two, 0);
    queue.refuse("enough");
    assertThat(queue.inFlight()).isEqualTo(1);
    queue.complete(one, 0);
    assertThat(queue.inFlight()).isZero();
    assertThat(driver.poll()).isNull();
    assertThatThrownBy(() -> queue.complete(two, 0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aChainIsGivenBackOnceAndToItsOwnQueue() {
    DriverQueue driver = driver(plain(), SIZE);
    Virtqueue queue = start(driver);
    Virtqueue small = start(driver(plain(), 1));
    driver.submit(request(driver, 1));
    driver.submit(request(driver, 2));
    driver.publish();
    BufferChain one = queue.poll();
    BufferChain two = queue.poll();
    assertThatThrownBy(() -> small.complete(two, 0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> queue.complete(one, 17)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> queue.complete(one, -1)).isInstanceOf(IllegalArgumentException.class);
    queue.complete(one, 0);
    assertThatThrownBy(() -> queue.complete(one, 0)).isInstanceOf(IllegalStateException.class);
    queue.complete(two, 0);
    assertThat(queue.inFlight()).isZero();
  }

  @Test
  void withInOrderAHeldChainIsNotGivenBackAgain() {
    DriverQueue driver = driver(features(false, false, true), SIZE);
    Virtqueue queue = start(driver);
    driver.submit(request(driver, 1));
    driver.submit(request(driver, 2));
    driver.publish();
    BufferChain one = queue.poll();
    BufferChain two = queue.poll();
    queue.complete(two, 0);
    assertThatThrownBy(() -> queue.complete(two, 0)).isInstanceOf(IllegalStateException.class);
    queue.complete(one, 0);
    assertThat(queue.inFlight()).isZero();
  }

  @Test
  void whatWasUsedBeforeAFaultIsStillToldOf() {
    DriverQueue driver = driver(plain(), SIZE);
    Virtqueue queue = start(driver);
    driver.submit(request(driver, 1));
    driver.publish();
    answer(queue, queue.poll());
    queue.refuse("enough");
    assertThat(queue.takeInterrupt()).isTrue();
    assertThat(queue.takeInterrupt()).isFalse();
  }

  @Test
  @Normative(BASIC + "Virtqueues / Used Buffer Notification Suppression:2")
  @Normative(BASIC + "Virtqueues / Used Buffer Notification Suppression:3")
  void interruptsAreSentUnlessTheDriverDeclines() {
    DriverQueue driver = driver(plain(), SIZE);
    Virtqueue queue = start(driver);
    DriverRequest request = request(driver, 1);
    for (int round = 0; round < 40; round++) {
      boolean wanted = round % 3 != 0;
      if (wanted) {
        assertThat(driver.enableInterrupts()).isTrue();
      } else {
        driver.disableInterrupts();
      }
      driver.submit(request);
      driver.publish();
      answer(queue, queue.poll());
      assertThat(queue.unsignalled()).isEqualTo(1);
      assertThat(queue.takeInterrupt()).isEqualTo(wanted);
      assertThat(queue.takeInterrupt()).isFalse();
      assertThat(driver.poll()).isSameAs(request);
    }
  }

  @Test
  @Normative(BASIC + "Virtqueues / Used Buffer Notification Suppression:5")
  @Normative(BASIC + "Virtqueues / Used Buffer Notification Suppression:6")
  void withEventIdxAnInterruptIsSentWhenTheAwaitedEntryIsUsed() {
    DriverQueue driver = driver(features(true, true, false), SIZE);
    Virtqueue queue = start(driver);
    List<DriverRequest> requests = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      requests.add(driver.prepareIndirect(Segment.writable(memory.allocate(8, 8), 8)));
    }
    for (int round = 0; round < 30_000; round++) {
      assertThat(driver.enableInterrupts(1)).isTrue();
      requests.forEach(driver::submit);
      driver.publish();
      queue.complete(queue.poll(), 8);
      assertThat(queue.takeInterrupt()).isFalse();
      queue.complete(queue.poll(), 8);
      assertThat(queue.takeInterrupt()).isTrue();
      queue.complete(queue.poll(), 8);
      assertThat(queue.takeInterrupt()).isFalse();
      requests.forEach(request -> assertThat(driver.poll()).isSameAs(request));
      // And once for all of them.
      assertThat(driver.enableInterrupts(2)).isTrue();
      requests.forEach(driver::submit);
      driver.publish();
      requests.forEach(request -> queue.complete(queue.poll(), 8));
      assertThat(queue.takeInterrupt()).isTrue();
      requests.forEach(request -> assertThat(driver.poll()).isSameAs(request));
    }
  }

  @Test
  void withEventIdxInterruptsCanBeDeclined() {
    DriverQueue driver = driver(features(true, true, false), SIZE);
    Virtqueue queue = start(driver);
    DriverRequest request = request(driver, 1);
    for (int round = 0; round < 1000; round++) {
      driver.disableInterrupts();
      driver.submit(request);
      driver.publish();
      answer(queue, queue.poll());
      assertThat(queue.takeInterrupt()).isFalse();
      assertThat(driver.poll()).isSameAs(request);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Normative(BASIC + "Virtqueues / Available Buffer Notification Suppression:1")
  @Normative(BASIC + "Virtqueues / Available Buffer Notification Suppression:2")
  @Normative(BASIC + "Virtqueues / Available Buffer Notification Suppression:4")
  void theDriverNotifiesAQueueThatSleepsAndNoOther(boolean eventIdx) {
    DriverQueue driver = driver(features(false, eventIdx, false), SIZE);
    Virtqueue queue = start(driver);
    queue.disableNotifications();
    DriverRequest request = request(driver, 1);
    for (int round = 0; round < 40_000; round++) {
      assertThat(queue.enableNotifications()).isTrue();
      driver.submit(request);
      assertThat(driver.publish()).isTrue();
      queue.disableNotifications();
      answer(queue, queue.poll());
      driver.poll();

      driver.submit(request);
      assertThat(driver.publish()).isFalse();
      assertThat(queue.enableNotifications()).isFalse();
      queue.disableNotifications();
      answer(queue, queue.poll());
      driver.poll();
    }
  }

  @Test
  void aQueueThatIsStartedAnewAsksForNotificationsThatItsPredecessorDeclined() {
    DriverQueue driver = driver(plain(), SIZE);
    Virtqueue killed = start(driver);
    assertThat(killed.enableNotifications()).isTrue();
    killed.disableNotifications();
    Virtqueue queue =
        Virtqueue.start(killed.state(), driver.features(), SIZE, memory.guestMemory());
    assertThat(queue.enableNotifications()).isTrue();
    driver.submit(request(driver, 1));
    assertThat(driver.publish()).isTrue();
  }

  @Test
  void aStoppedQueueGoesOnWhereItStood() {
    DriverQueue driver = driver(plain(), SIZE);
    Virtqueue queue = start(driver);
    DriverRequest request = request(driver, 1);
    for (int round = 0; round < 3000; round++) {
      driver.submit(request);
      driver.publish();
      answer(queue, queue.poll());
      assertThat(driver.poll()).isSameAs(request);
      if (round % 7 == 0) {
        QueueState state = queue.state();
        queue = Virtqueue.start(state, driver.features(), SIZE, memory.guestMemory());
        assertThat(queue.state()).isEqualTo(state);
      }
    }
  }

  @Test
  void theRingMovesToOtherMemoryWithTheSnapshot() {
    DriverQueue driver = driver(plain(), SIZE);
    Virtqueue queue = start(driver);
    DriverRequest request = request(driver, 1);
    driver.submit(request);
    driver.publish();
    BufferChain chain = queue.poll();
    assertThatThrownBy(() -> queue.memory(memory.guestMemory()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("in flight");
    answer(queue, chain);
    driver.poll();

    // The same contents at the same guest addresses, elsewhere in this process.
    DriverMemory copy = DriverMemory.direct(BASE, 1 << 20);
    copy.view(BASE, 1 << 20).put(0, memory.view(BASE, 1 << 20), 0, 1 << 20);
    driver.submit(request);
    driver.publish();
    queue.memory(copy.guestMemory());
    assertThat(queue.poll()).isNull();
    copy.view(BASE, 1 << 20).put(0, memory.view(BASE, 1 << 20), 0, 1 << 20);
    BufferChain moved = queue.poll();
    assertThat(number(moved)).isEqualTo(1);
    queue.complete(moved, 0);
    assertThat(driver.poll()).isNull();
    ByteBuffer whole = memory.view(BASE, 1 << 20);
    whole.put(0, copy.view(BASE, 1 << 20), 0, 1 << 20);
    assertThat(driver.poll()).isSameAs(request);
  }

  @Test
  void aRingThatIsNotInTheNewMemoryBreaksTheQueue() {
    DriverQueue driver = driver(plain(), SIZE);
    Virtqueue queue = start(driver);
    driver.submit(request(driver, 1));
    driver.publish();
    answer(queue, queue.poll());
    queue.memory(DriverMemory.direct(0, 4096).guestMemory());
    assertThat(queue.fault().kind()).isEqualTo(QueueFault.Kind.ADDRESS);
    // The old memory may be unmapped by now.
    assertThat(queue.takeInterrupt()).isFalse();
    assertThat(queue.poll()).isNull();
    assertThat(queue.available()).isFalse();
    assertThat(queue.enableNotifications()).isFalse();
    queue.disableNotifications();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Normative(BASIC + "Message Framing:1")
  void aTableAndItsBuffersMayLieInSeveralRegions(boolean copied) {
    DriverMemory other = DriverMemory.direct(BASE + (1 << 20), 1 << 16);
    DriverQueue driver = driver(features(true, false, false), SIZE);
    MemoryRegion second =
        copied
            ? new AccessorRegion(other.guestAddress(), other.size(), new Copying(other.region()))
            : other.region();
    Virtqueue queue =
        Virtqueue.start(
            QueueState.initial(driver.config()),
            driver.features(),
            SIZE,
            GuestMemory.of(memory.region(), second));
    long out = memory.guestAddress() + memory.size() - 4;
    long in = other.guestAddress();
    memory.view(out, 4).putInt(0, 0x01020304);
    // Adjacent in the guest's addresses, in two allocations of the host.
    driver.submit(
        driver.prepareIndirect(
            Segment.readable(out, 4), Segment.readable(in, 4), Segment.writable(in + 4, 64)));
    driver.publish();
    other.view(in, 4).putInt(0, 0x05060708);
    BufferChain chain = queue.poll();
    assertThat(chain.reader().readLong()).isEqualTo(0x0506070801020304L);
    chain.reader().position(0);
    assertThat(chain.reader().vector(8) == null).isEqualTo(copied);
    chain.writer().position(60);
    chain.writer().writeInt(7);
    queue.complete(chain, 64);
    assertThat(other.view(in, 68).getInt(64)).isEqualTo(7);
    assertThat(driver.poll()).isNotNull();

    // One descriptor over both is refused: each is checked against one region.
    driver.submit(driver.prepare(Segment.readable(out, 8)));
    driver.publish();
    assertThat(queue.poll()).isNull();
    assertThat(queue.fault().kind()).isEqualTo(QueueFault.Kind.ADDRESS);
  }

  @Test
  void t0077p0068ChainsOfMoreThanFourGibibytesAreRefused() {
    MemoryRegion huge = new AccessorRegion(0x10_0000_0000L, 1L << 33, new Copying(memory.region()));
    DriverQueue driver = driver(plain(), SIZE);
    Virtqueue queue =
        Virtqueue.start(
            QueueState.initial(driver.config()),
            driver.features(),
            SIZE,
            GuestMemory.of(memory.region(), huge));
    driver.submit(
        driver.prepare(
            Segment.writable(0x10_0000_0000L, 0x8000_0000),
            Segment.writable(0x11_0000_0000L, 0x7fff_ffff)));
    driver.publish();
    BufferChain chain = queue.poll();
    assertThat(chain.writableBytes()).isEqualTo(0xffff_ffffL);
    queue.complete(chain, 0xffff_ffffL);
    assertThat(driver.poll().written()).isEqualTo(0xffff_ffffL);
    driver.submit(
        driver.prepare(
            Segment.writable(0x10_0000_0000L, 0x8000_0000),
            Segment.writable(0x11_0000_0000L, 0x8000_0000)));
    driver.publish();
    assertThat(queue.poll()).isNull();
    assertThat(queue.fault().kind()).isEqualTo(QueueFault.Kind.TOTAL_LENGTH);
  }

  private record Copying(MappedRegion target) implements MemoryAccessor {
    @Override
    public void read(long offset, ByteBuffer bytes, int index, int length) {
      target.read(offset, bytes, index, length);
    }

    @Override
    public void write(long offset, ByteBuffer bytes, int index, int length) {
      target.write(offset, bytes, index, length);
    }

    @Override
    public short getShortAcquire(long offset) {
      return target.getShort(offset);
    }

    @Override
    public void putShortRelease(long offset, short value) {
      target.putShort(offset, value);
    }

    @Override
    public void fence() {}
  }
}
