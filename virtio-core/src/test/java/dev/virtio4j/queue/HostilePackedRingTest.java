package dev.virtio4j.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.PackedRing;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.queue.HostileRing.Desc;
import dev.virtio4j.queue.QueueFault.Kind;
import dev.virtio4j.testing.Normative;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a hostile guest does to the packed ring itself. */
class HostilePackedRingTest {
  private static final String PACKED = "Basic Facilities of a Virtio Device / Packed Virtqueues";
  private static final int SIZE = HostileRing.SIZE;
  private static final int AVAIL = DescriptorFlags.AVAIL;
  private static final int USED = DescriptorFlags.USED;
  private static final int NEXT = DescriptorFlags.NEXT;
  private static final int WRITE = DescriptorFlags.WRITE;
  private static final int INDIRECT = DescriptorFlags.INDIRECT;

  private final HostileRing ring = new HostileRing(true, true, false);
  private final PackedRing raw = ring.packed();
  private final long data = ring.data(4096);

  private void put(int index, int id, int flags) {
    raw.descriptor(index, data, 16, id);
    raw.flags(index, flags);
  }

  @Test
  void p0003NextOnEverySlot() {
    for (int i = 0; i < SIZE; i++) {
      put(i, 0, AVAIL | NEXT);
    }
    ring.broken(Kind.CHAIN_LENGTH);
  }

  @Test
  void p0008p0033p0020AChainAsLongAsTheRingIsServed() {
    for (int i = 0; i < SIZE; i++) {
      put(i, 5, AVAIL | WRITE | (i + 1 < SIZE ? NEXT : 0));
    }
    ring.served(0, 16 * SIZE);
    assertThat(raw.flags(0)).isEqualTo(AVAIL | USED);
    assertThat(ring.queue.state().usedIndex()).isZero();
    assertThat(ring.queue.state().usedWrap()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, USED, AVAIL | USED})
  void p0004p0011p0021AHeadBeforeTheRestOfItsListIsNotAChain(int second) {
    put(1, 0, second);
    put(0, 0, AVAIL | NEXT);
    ring.broken(Kind.PARTIAL_CHAIN);
  }

  @Test
  void p0015AListThatPassesTheEndTakesTheNextRoundsPhase() {
    for (int i = 0; i < SIZE - 1; i++) {
      put(i, 0, AVAIL);
    }
    assertThat(ring.serve()).isEqualTo(SIZE - 1);
    put(0, 9, USED);
    put(SIZE - 1, 7, AVAIL | NEXT);
    BufferChain chain = ring.queue.poll();
    assertThat(chain.id()).isEqualTo(9);
    assertThat(chain.readableBytes()).isEqualTo(32);
    ring.queue.complete(chain, 0);
    assertThat(raw.id(SIZE - 1)).isEqualTo(9);
    assertThat(raw.flags(SIZE - 1)).isEqualTo(AVAIL | USED);
    assertThat(ring.queue.state())
        .isEqualTo(new QueueState(ring.driver.config(), 1, false, 1, false));
  }

  @Test
  void p0021AListThatPassesTheEndInTheOldPhaseIsNotAChain() {
    for (int i = 0; i < SIZE - 1; i++) {
      put(i, 0, AVAIL);
    }
    ring.serve();
    put(0, 0, AVAIL);
    put(SIZE - 1, 0, AVAIL | NEXT);
    ring.broken(Kind.PARTIAL_CHAIN);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0, USED, AVAIL | USED, AVAIL | USED | NEXT | WRITE | INDIRECT, 0x7f7f & ~AVAIL})
  @Normative(PACKED + " / The Virtqueue Descriptor Table:2")
  void p0018p0035p0042p0044p0053p0063ASlotThatIsNotAvailableIsLeftAlone(int flags) {
    put(0, 3, flags);
    for (int i = 0; i < 100; i++) {
      assertThat(ring.serve()).isZero();
      assertThat(ring.queue.available()).isFalse();
    }
    assertThat(raw.flags(0)).isEqualTo(flags);
    assertThat(ring.queue.fault()).isNull();
  }

  @Test
  void p0026AllFlagBitsButUsed() {
    put(0, 0, 0xffff & ~USED);
    ring.broken(Kind.INDIRECT);
  }

  @ParameterizedTest
  @ValueSource(ints = {SIZE, 0x7fff, 0x8000, 0xffff})
  void p0012p0013p0022p0043p0058IdsAreOpaque(int id) {
    put(0, id, AVAIL);
    put(1, id, AVAIL);
    assertThat(ring.serve()).isEqualTo(2);
    assertThat(raw.id(0)).isEqualTo(id);
    assertThat(raw.id(1)).isEqualTo(id);
    assertThat(ring.queue.fault()).isNull();
  }

  @Test
  @Normative(PACKED + " / Scatter-Gather Support:1")
  void p0056TheIdOfAListIsItsLastAndItsOrderStays() {
    raw.descriptor(1, data + 16, 32, 2);
    raw.flags(1, AVAIL | NEXT);
    raw.descriptor(2, data + 48, 64, 3);
    raw.flags(2, AVAIL);
    raw.descriptor(0, data, 16, 1);
    raw.flags(0, AVAIL | NEXT);
    BufferChain chain = ring.queue.poll();
    assertThat(chain.id()).isEqualTo(3);
    assertThat(chain.segmentLength(0)).isEqualTo(16);
    assertThat(chain.segmentLength(1)).isEqualTo(32);
    assertThat(chain.segmentLength(2)).isEqualTo(64);
    ring.queue.complete(chain, 0);
    assertThat(raw.id(0)).isEqualTo(3);
    assertThat(raw.flags(1)).isEqualTo(AVAIL | NEXT);
  }

  @Test
  void p0006p0049p0050InATableOnlyWriteCounts() {
    int junk = 0xffff & ~WRITE;
    long table =
        ring.table(
            new Desc(data, 16, junk), new Desc(data, 8, 0), new Desc(data, 32, junk | WRITE));
    raw.descriptor(0, table, 48, 0);
    raw.flags(0, AVAIL | INDIRECT);
    ring.served(24, 32);
  }

  @Test
  void p0007ATableAtTheEndOfAListIsRefusedOnce() {
    put(0, 0, AVAIL | NEXT);
    raw.descriptor(1, ring.table(Desc.in(data, 16)), 16, 0);
    raw.flags(1, AVAIL | INDIRECT);
    ring.broken(Kind.INDIRECT);
  }

  @Test
  void p0073ATableInTheSplitLayoutIsBounded() {
    long table = ring.data(32);
    ring.memory.view(table, 32).putLong(0, data).putInt(8, 16);
    ring.memory.view(table, 32).putShort(12, (short) (NEXT | WRITE)).putShort(14, (short) 1);
    ring.memory.view(table, 32).putLong(16, data).putInt(24, 16).putShort(28, (short) WRITE);
    raw.descriptor(0, table, 32, 0);
    raw.flags(0, AVAIL | INDIRECT);
    assertThat(ring.serve()).isEqualTo(1);
    ring.servesOthers();
  }

  @Test
  void slotsMadeAvailableAgainWhileInFlightAreRefused() {
    for (int i = 0; i < SIZE; i++) {
      put(i, i, AVAIL | WRITE);
    }
    List<BufferChain> taken = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      taken.add(ring.queue.poll());
    }
    put(0, 0, USED | WRITE);
    assertThat(ring.queue.poll()).isNull();
    assertThat(ring.queue.fault().kind()).isEqualTo(Kind.IN_FLIGHT);
    taken.forEach(chain -> ring.queue.complete(chain, 0));
    ring.broken(Kind.IN_FLIGHT);
  }

  @Test
  void aListThatRunsIntoWhatIsInFlightIsRefused() {
    put(0, 0, AVAIL);
    BufferChain first = ring.queue.poll();
    for (int i = 1; i < SIZE; i++) {
      put(i, i, AVAIL | NEXT);
    }
    put(0, 0, USED);
    assertThat(ring.queue.poll()).isNull();
    ring.queue.complete(first, 0);
    ring.broken(Kind.IN_FLIGHT);
  }

  @ParameterizedTest
  @CsvSource({"0, true", "1, false", "2, true", "3, true"})
  void p0014p0031p0057WithoutEventIdxJunkInTheDriverEventInterrupts(int flags, boolean interrupt) {
    raw.driverEvent(0x1234, true, flags);
    put(0, 0, AVAIL);
    BufferChain chain = ring.queue.poll();
    ring.queue.complete(chain, 0);
    assertThat(ring.queue.takeInterrupt()).isEqualTo(interrupt);
    assertThat(raw.flags(0) & (AVAIL | USED)).isEqualTo(AVAIL | USED);
  }

  @ParameterizedTest
  @CsvSource({
    "0, true, true",
    "1, true, false",
    "15, true, false",
    "0, false, false",
    "15, false, false",
    "16, true, true",
    "32767, false, true"
  })
  void p0017p0019p0023p0041EventsOfOtherPlacesDoNotInterruptAndJunkDoes(
      int offset, boolean wrap, boolean interrupt) {
    HostileRing events = new HostileRing(true, true, true);
    events.packed().driverEvent(offset, wrap, PackedRing.EVENT_DESC);
    events.packed().descriptor(0, HostileRing.END - 16, 16, 0);
    events.packed().flags(0, AVAIL | WRITE);
    events.queue.complete(events.queue.poll(), 16);
    assertThat(events.queue.takeInterrupt()).isEqualTo(interrupt);
    assertThat(events.packed().flags(0)).isEqualTo(AVAIL | USED | WRITE);
  }

  @Test
  void p0023AnEventInsideAListInterruptsWhenTheListIsUsed() {
    HostileRing events = new HostileRing(true, true, true);
    events.packed().driverEvent(1, true, PackedRing.EVENT_DESC);
    events.chain(Desc.out(HostileRing.END - 64, 16), Desc.in(HostileRing.END - 16, 16));
    events.queue.complete(events.queue.poll(), 16);
    assertThat(events.queue.takeInterrupt()).isTrue();
  }

  @Test
  void p0037EveryModeOfTheDriverEventServes() {
    HostileRing events = new HostileRing(true, true, true);
    DriverRequest request = events.driver.prepare(Segment.writable(HostileRing.END - 16, 16));
    for (int i = 0; i < 200; i++) {
      events.packed().driverEvent(i % 17, (i & 1) != 0, i % 4);
      events.driver.submit(request);
      events.driver.publish();
      assertThat(events.serve()).isEqualTo(1);
      assertThat(events.driver.poll()).isSameAs(request);
    }
  }

  @Test
  void p0039p0054TheDeviceEventIsStableWhileNothingHappens() {
    HostileRing events = new HostileRing(true, true, true);
    events.queue.disableNotifications();
    assertThat(events.packed().deviceEvent() >>> 16).isEqualTo(PackedRing.EVENT_DISABLE);
    assertThat(events.queue.enableNotifications()).isTrue();
    int asleep = events.packed().deviceEvent();
    assertThat(asleep).isEqualTo(PackedRing.EVENT_DESC << 16 | 0x8000);
    events.accesses = 0;
    for (int i = 0; i < 5000; i++) {
      assertThat(events.queue.enableNotifications()).isTrue();
      assertThat(events.packed().deviceEvent()).isEqualTo(asleep);
    }
  }

  @Test
  @Normative(PACKED + ":1")
  @Normative(PACKED + ":2")
  void p0025p0030p0036p0052ChainsAreTakenInRingOrderAndUsedAsTheyComplete() {
    for (int i = 0; i < 3; i++) {
      put(i, 10 + i, AVAIL | WRITE);
    }
    BufferChain first = ring.queue.poll();
    BufferChain second = ring.queue.poll();
    BufferChain third = ring.queue.poll();
    assertThat(List.of(first.id(), second.id(), third.id())).containsExactly(10, 11, 12);
    ring.queue.complete(third, 1);
    ring.queue.complete(first, 2);
    ring.queue.complete(second, 3);
    for (int i = 0; i < 3; i++) {
      assertThat(raw.id(i)).isEqualTo(List.of(12, 10, 11).get(i));
      assertThat(raw.length(i)).isEqualTo(i + 1);
    }
  }

  @Test
  @Normative(PACKED + " / The Virtqueue Descriptor Table:1")
  @Normative(PACKED + " / The Virtqueue Descriptor Table:3")
  void p0027p0028p0038OnlyUsedDescriptorsAreWrittenAndOnce() {
    DriverRequest request =
        ring.driver.prepare(Segment.readable(data, 16), Segment.writable(data + 16, 16));
    for (int round = 0; round < 3 * SIZE; round++) {
      ring.driver.submit(request);
      ring.driver.publish();
      QueueState before = ring.queue.state();
      assertThat(ring.serve()).isEqualTo(1);
      int at = before.usedIndex();
      int flags = raw.flags(at);
      assertThat(flags & (AVAIL | USED)).isEqualTo(before.usedWrap() ? AVAIL | USED : 0);
      assertThat(ring.serve()).isZero();
      assertThat(raw.flags(at)).isEqualTo(flags);
      assertThat(ring.driver.poll()).isSameAs(request);
      assertThat(request.written()).isEqualTo(16);
    }
  }

  @Test
  void theWriteFlagOfAUsedDescriptorTellsWhetherAnythingWasWritten() {
    put(0, 0, AVAIL | WRITE);
    put(1, 0, AVAIL | WRITE);
    ring.queue.complete(ring.queue.poll(), 0);
    ring.queue.complete(ring.queue.poll(), 1);
    assertThat(raw.flags(0)).isEqualTo(AVAIL | USED);
    assertThat(raw.flags(1)).isEqualTo(AVAIL | USED | WRITE);
  }

  @Test
  void aStateThatIsPastTheRingIsRefused() {
    for (int base : new int[] {SIZE | 0x8000, SIZE << 16, 0x7fff, -1}) {
      QueueState state = QueueState.fromPackedBase(ring.driver.config(), base);
      assertThatThrownBy(() -> Virtqueue.start(state, ring.features, SIZE, ring.guest))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("of a packed ring of 16");
    }
  }
}
