package dev.virtio4j.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.driver.SplitRing;
import dev.virtio4j.queue.QueueFault.Kind;
import dev.virtio4j.testing.Normative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a hostile guest does to the split ring itself. */
class HostileSplitRingTest {
  private static final String BASIC = "Basic Facilities of a Virtio Device / ";
  private static final int SIZE = HostileRing.SIZE;
  private static final int INDIRECT = DescriptorFlags.INDIRECT;
  private static final int NEXT = DescriptorFlags.NEXT;
  private static final int WRITE = DescriptorFlags.WRITE;

  private final HostileRing ring = new HostileRing(false, true, false);
  private final SplitRing raw = ring.split();
  private final long data = ring.data(4096);

  private void head(int head) {
    raw.availEntry(0, head);
    raw.availIndex(1);
  }

  @Test
  void t0001ADescriptorThatLinksToItself() {
    raw.descriptor(0, data, 16, NEXT, 1);
    raw.descriptor(1, data, 16, NEXT, 1);
    head(0);
    ring.broken(Kind.CHAIN_LENGTH);
  }

  @Test
  void t0002EveryDescriptorLinkedInACircle() {
    for (int i = 0; i < SIZE; i++) {
      raw.descriptor(i, data, 16, NEXT, (i + 1) % SIZE);
    }
    head(3);
    ring.broken(Kind.CHAIN_LENGTH);
  }

  @Test
  void t0054AChainOneLongerThanTheRing() {
    for (int i = 0; i < SIZE; i++) {
      raw.descriptor(i, data, 16, NEXT, (i + 1) % SIZE);
    }
    // The last goes on to the table's end again.
    raw.descriptor(SIZE - 1, data, 16, NEXT, SIZE - 1);
    head(0);
    ring.broken(Kind.CHAIN_LENGTH);
  }

  @Test
  void aChainAsLongAsTheRingIsServed() {
    for (int i = 0; i < SIZE; i++) {
      raw.descriptor(i, data, 16, i + 1 < SIZE ? NEXT : 0, i + 1);
    }
    head(0);
    ring.served(16 * SIZE, 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {SIZE, SIZE + 1, 0x7fff, 0x8000, 0xfffe, 0xffff})
  void t0003ANextPastTheTable(int next) {
    raw.descriptor(0, data, 16, NEXT, next);
    head(0);
    ring.broken(Kind.NEXT_INDEX);
  }

  @ParameterizedTest
  @ValueSource(ints = {SIZE, 0x7fff, 0x8000, 0xffff})
  void t0025AHeadPastTheTable(int head) {
    head(head);
    ring.broken(Kind.HEAD_INDEX);
  }

  @Test
  void t0084AllHeadsPastTheTable() {
    for (int i = 0; i < SIZE; i++) {
      raw.availEntry(i, SIZE + i);
    }
    raw.availIndex(SIZE);
    ring.broken(Kind.HEAD_INDEX);
  }

  @ParameterizedTest
  @ValueSource(ints = {SIZE + 1, 2 * SIZE, 0x7fff, 0x8000, 0xffff})
  void t0023t0024t0057AnAvailableIndexTooFarAheadOrBehind(int index) {
    raw.availIndex(index);
    assertThat(ring.queue.available()).isTrue();
    ring.broken(Kind.AVAILABLE_INDEX);
  }

  @Test
  void t0024AnAvailableIndexThatGoesBack() {
    raw.descriptor(0, data, 16, WRITE, 0);
    raw.availIndex(5);
    assertThat(ring.serve()).isEqualTo(5);
    raw.availIndex(2);
    ring.broken(Kind.AVAILABLE_INDEX);
  }

  @Test
  void t0022t0074TheSameHeadManyTimes() {
    raw.descriptor(0, data, 16, WRITE, 0);
    raw.availIndex(8);
    assertThat(ring.serve()).isEqualTo(8);
    assertThat(raw.usedIndex()).isEqualTo(8);
    // And all of them in flight at once.
    raw.availIndex(8 + SIZE);
    BufferChain[] taken = new BufferChain[SIZE];
    for (int i = 0; i < SIZE; i++) {
      taken[i] = ring.queue.poll();
    }
    raw.availIndex(9 + SIZE);
    assertThat(ring.queue.poll()).isNull();
    assertThat(ring.queue.fault().kind()).isEqualTo(Kind.IN_FLIGHT);
    for (BufferChain chain : taken) {
      ring.queue.complete(chain, 0);
    }
    assertThat(raw.usedIndex()).isEqualTo(8);
    ring.broken(Kind.IN_FLIGHT);
  }

  @Test
  void manyHeadsIntoOneLongChainAreMoreThanTheRingHasRoomFor() {
    for (int i = 0; i < SIZE; i++) {
      raw.descriptor(i, data, 16, i + 1 < SIZE ? NEXT : 0, i + 1);
      raw.availEntry(i, i == 0 ? SIZE / 2 : 0);
    }
    raw.availIndex(SIZE);
    BufferChain half = ring.queue.poll();
    assertThat(half.segments()).isEqualTo(SIZE / 2);
    assertThat(ring.queue.poll()).isNull();
    assertThat(ring.queue.fault().kind()).isEqualTo(Kind.IN_FLIGHT);
    ring.queue.complete(half, 0);
    ring.broken(Kind.IN_FLIGHT);
  }

  @Test
  void chainsThatShareDescriptorsOneAfterTheOtherAreServed() {
    for (int i = 0; i < SIZE; i++) {
      raw.descriptor(i, data, 16, i + 1 < SIZE ? NEXT : 0, i + 1);
      raw.availEntry(i, i);
    }
    raw.availIndex(SIZE);
    assertThat(ring.serve()).isEqualTo(SIZE);
    assertThat(ring.queue.fault()).isNull();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t0062t0080t0116IndicesWrapAt65536(boolean eventIdx) {
    HostileRing wrapping = new HostileRing(false, true, eventIdx);
    SplitRing rawRing = wrapping.split();
    QueueState state = new QueueState(wrapping.driver.config(), 0xfffe, true, 0xfffe, true);
    rawRing.usedIndex(0xfffe);
    Virtqueue queue = Virtqueue.start(state, wrapping.features, SIZE, wrapping.guest);
    rawRing.descriptor(0, data, 16, WRITE, 0);
    if (eventIdx) {
      rawRing.usedEvent(0xffff);
    }
    rawRing.availIndex(1);
    for (int i = 0; i < 3; i++) {
      queue.complete(queue.poll(), 16);
    }
    assertThat(queue.poll()).isNull();
    assertThat(queue.takeInterrupt()).isTrue();
    assertThat(rawRing.usedIndex()).isEqualTo(1);
    assertThat(queue.state().availIndex()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0xfffe, 0xffff, 0x1234, 0})
  @Normative(BASIC + "Virtqueues / Used Buffer Notification Suppression:1")
  @Normative(BASIC + "Virtqueues / Used Buffer Notification Suppression:4")
  void t0026t0027t0055t0066s0019JunkInFlagsOrUsedEventDelaysNoRequest(int junk) {
    for (boolean eventIdx : new boolean[] {false, true}) {
      HostileRing junked = new HostileRing(false, true, eventIdx);
      junked.split().availFlags(eventIdx ? 0xffff : junk & 0xfffe);
      if (eventIdx) {
        junked.split().usedEvent(junk);
      }
      junked.split().descriptor(0, HostileRing.END - 64, 16, WRITE, 0);
      junked.split().availIndex(1);
      BufferChain chain = junked.queue.poll();
      junked.queue.complete(chain, 16);
      assertThat(junked.split().usedIndex()).isEqualTo(1);
      // The flags' lower bit counts without EVENT_IDX alone, used_event with it alone.
      assertThat(junked.queue.takeInterrupt()).isEqualTo(!eventIdx || junk == 0);
    }
  }

  @Test
  void t0028t0029TheDeviceKeepsItsOwnUsedIndex() {
    raw.descriptor(0, data, 16, WRITE, 0);
    for (int i = 1; i <= 3 * SIZE; i++) {
      raw.usedIndex(0x5555);
      raw.usedFlags(0xffff);
      raw.usedEntry(i - 1, -1, -1);
      raw.availIndex(i);
      assertThat(ring.serve()).isEqualTo(1);
      assertThat(raw.usedIndex()).isEqualTo(i);
      assertThat(raw.usedId(i - 1)).isZero();
      assertThat(raw.usedLength(i - 1)).isEqualTo(16);
    }
  }

  @Test
  @Normative(BASIC + "Virtqueues / Available Buffer Notification Suppression:5")
  void t0068t0069t0071AKickWithoutEntriesLeavesTheUsedRing() {
    for (int i = 0; i < 1000; i++) {
      assertThat(ring.serve()).isZero();
    }
    assertThat(raw.usedIndex()).isZero();
    assertThat(ring.queue.fault()).isNull();
  }

  @Test
  void t0016ATableInsideATable() {
    long inner = ring.table(HostileRing.Desc.in(data, 16));
    long outer =
        ring.table(HostileRing.Desc.out(data, 16), new HostileRing.Desc(inner, 16, INDIRECT));
    raw.descriptor(0, outer, 32, INDIRECT, 0);
    head(0);
    ring.broken(Kind.INDIRECT);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void t0021ALoopInsideATable(int next) {
    long table = ring.data(32);
    ring.memory.view(table, 32).putLong(0, data).putInt(8, 4).putShort(12, (short) NEXT);
    ring.memory.view(table, 32).putShort(14, (short) 1);
    ring.memory.view(table, 32).putLong(16, data).putInt(24, 4).putShort(28, (short) NEXT);
    ring.memory.view(table, 32).putShort(30, (short) next);
    raw.descriptor(0, table, 32, INDIRECT, 0);
    head(0);
    ring.broken(Kind.CHAIN_LENGTH);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 0x8000, 0xffff})
  void aNextPastATableIsRefused(int next) {
    long table = ring.data(32);
    ring.memory.view(table, 32).putLong(0, data).putInt(8, 4).putShort(12, (short) NEXT);
    ring.memory.view(table, 32).putShort(14, (short) next);
    raw.descriptor(0, table, 32, INDIRECT, 0);
    head(0);
    ring.broken(Kind.NEXT_INDEX);
  }

  @Test
  @Normative(BASIC + "Virtqueues / The Virtqueue Descriptor Table / Indirect Descriptors:1")
  @Normative(BASIC + "Virtqueues / The Virtqueue Descriptor Table / Indirect Descriptors:2")
  void t0067OrdinaryDescriptorsBeforeATable() {
    long table = ring.table(HostileRing.Desc.out(data, 16), HostileRing.Desc.in(data, 48));
    raw.descriptor(0, data, 8, NEXT, 5);
    raw.descriptor(5, data, 8, NEXT, 2);
    raw.descriptor(2, table, 32, INDIRECT | WRITE, 7);
    head(0);
    ring.served(32, 48);
  }

  @Test
  @Normative(BASIC + "Virtqueues / The Virtqueue Descriptor Table:2")
  void theDescriptorTableIsNotWritten() {
    DriverRequest request =
        ring.driver.prepare(Segment.readable(data, 16), Segment.writable(data, 8));
    byte[] before = new byte[16 * SIZE];
    ring.memory.view(ring.driver.config().descriptorArea(), before.length).get(0, before);
    for (int i = 0; i < 100; i++) {
      ring.driver.submit(request);
      ring.driver.publish();
      ring.serve();
      assertThat(ring.driver.poll()).isSameAs(request);
    }
    byte[] after = new byte[16 * SIZE];
    ring.memory.view(ring.driver.config().descriptorArea(), after.length).get(0, after);
    assertThat(after).isEqualTo(before);
  }

  @Test
  @Normative(BASIC + "Virtqueues / The Virtqueue Descriptor Table:1")
  @Normative(BASIC + "Message Framing:1")
  void t0085t0096t0111t0113t0115UsedEntriesNameHeadAndLengthAndDataStaysOnItsSide() {
    for (int i = 0; i < 4; i++) {
      raw.descriptor(3 * i, data, 16, NEXT, 3 * i + 1);
      raw.descriptor(3 * i + 1, data + 512L * i, 512, NEXT | WRITE, 3 * i + 2);
      raw.descriptor(3 * i + 2, data + 2048 + i, 1, WRITE, 0);
      raw.availEntry(i, 3 * i);
    }
    raw.availIndex(2);
    assertThat(ring.serve()).isEqualTo(2);
    raw.availIndex(4);
    assertThat(ring.serve()).isEqualTo(2);
    for (int i = 0; i < 4; i++) {
      assertThat(raw.usedId(i)).isEqualTo(3L * i);
      assertThat(raw.usedLength(i)).isEqualTo(513);
    }
  }

  @Test
  @Normative(BASIC + "Virtqueues / Available Buffer Notification Suppression:3")
  void t0094WithEventIdxTheUsedFlagsStayZero() {
    HostileRing events = new HostileRing(false, true, true);
    for (int i = 0; i < 10; i++) {
      events.queue.enableNotifications();
      assertThat(events.split().usedFlags()).isZero();
      events.queue.disableNotifications();
      assertThat(events.split().usedFlags()).isZero();
    }
  }

  @Test
  void t0088TheAvailEventIsTheNextEntry() {
    HostileRing events = new HostileRing(false, true, true);
    events.split().descriptor(0, HostileRing.END - 16, 16, WRITE, 0);
    for (int i = 1; i < 100; i++) {
      events.split().availIndex(i);
      events.serve();
      assertThat(events.queue.enableNotifications()).isTrue();
      assertThat(events.split().availEvent()).isEqualTo(i);
    }
  }
}
