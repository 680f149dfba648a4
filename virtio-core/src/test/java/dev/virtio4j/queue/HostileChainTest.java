package dev.virtio4j.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.PackedDriverQueue;
import dev.virtio4j.driver.PackedRing;
import dev.virtio4j.driver.SplitDriverQueue;
import dev.virtio4j.driver.SplitRing;
import dev.virtio4j.queue.HostileRing.Desc;
import dev.virtio4j.queue.QueueFault.Kind;
import dev.virtio4j.testing.Normative;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Chains that a hostile guest makes of descriptors, in both ring formats. */
class HostileChainTest {
  private static final String BASIC = "Basic Facilities of a Virtio Device / ";
  private static final long END = HostileRing.END;
  private static final int INDIRECT = DescriptorFlags.INDIRECT;
  private static final int WRITE = DescriptorFlags.WRITE;
  private static final int NEXT = DescriptorFlags.NEXT;

  private record Case(String ids, boolean packed, Consumer<HostileRing> act) {
    @Override
    public String toString() {
      return ids + (packed ? " (packed)" : " (split)");
    }
  }

  private static Consumer<HostileRing> breaks(Kind kind, Desc... chain) {
    return ring -> {
      ring.chain(chain);
      ring.broken(kind);
    };
  }

  private static Consumer<HostileRing> serves(long readable, long writable, Desc... chain) {
    return ring -> {
      ring.chain(chain);
      ring.served(readable, writable);
    };
  }

  private static void both(List<Case> cases, String ids, Consumer<HostileRing> act) {
    cases.add(new Case(ids, false, act));
    cases.add(new Case(ids, true, act));
  }

  static Stream<Case> chains() {
    List<Case> cases = new ArrayList<>();
    Desc valid = Desc.in(END - 4096, 512);
    Desc header = Desc.out(END - 8192, 16);
    both(cases, "T0004 P0047 address zero", breaks(Kind.ADDRESS, header, Desc.in(0, 512)));
    both(
        cases,
        "T0005 P0060 address beyond RAM",
        breaks(Kind.ADDRESS, Desc.in(0xFFFF_FFFF_FFFF_0000L, 512)));
    both(cases, "T0006 P0045 length zero", serves(16, 0, header, Desc.in(END - 4096, 0)));
    both(
        cases,
        "T0061 P0061 address and length zero",
        serves(16, 512, header, Desc.in(0, 0), valid));
    both(cases, "T0007 P0046 length huge", breaks(Kind.ADDRESS, Desc.in(END - 4096, -1)));
    both(
        cases,
        "T0008 T0105 P0062 address plus length wraps",
        breaks(Kind.ADDRESS, header, Desc.in(-256L, 512)));
    both(cases, "T0073 P0064 ends at the last byte", serves(0, 512, Desc.in(END - 512, 512)));
    both(cases, "T0090 P0066 runs past the end", breaks(Kind.ADDRESS, Desc.in(END - 511, 512)));
    both(cases, "T0063 P0065 written to a BAR", breaks(Kind.ADDRESS, Desc.in(0xFEBF_0000L, 512)));
    both(cases, "T0121 P0070 read from MMIO", breaks(Kind.ADDRESS, Desc.out(0xFEE0_0000L, 512)));
    both(
        cases,
        "T0125 P0067 another device's registers",
        breaks(Kind.ADDRESS, header, Desc.in(0xFE00_0000L, 56)));
    both(
        cases,
        "T0126 a wrapping segment beside a valid one",
        breaks(Kind.ADDRESS, valid, Desc.in(-0x1000L, 0x2000)));
    both(
        cases,
        "T0127 a base equal to a wrapped end",
        breaks(Kind.ADDRESS, Desc.in(-0x1000L, 0x1000), Desc.in(0, 0x1000)));
    both(
        cases,
        "T0128 a wrap on the readable side",
        breaks(Kind.ADDRESS, Desc.out(-0x1000L, 0x2000), valid));
    both(cases, "T0012 P0072 nothing writable", serves(528, 0, header, Desc.out(END - 4096, 512)));
    both(cases, "T0013 T0014 header alone", serves(16, 0, header));
    both(
        cases,
        "T0053 P0010 P0055 readable after writable",
        breaks(Kind.ORDER, header, valid, header));
    both(
        cases,
        "T0104 a reserved flag",
        serves(16, 512, header, new Desc(END - 512, 512, WRITE | 0x40)));
    both(
        cases,
        "T0082 P0071 all ones",
        ring -> {
          ring.chain(new Desc(-1, -1, 0xffff & ~DescriptorFlags.USED));
          ring.broken(Kind.INDIRECT);
        });
    both(
        cases,
        "T0017 P0040 INDIRECT with NEXT",
        ring -> {
          ring.chain(new Desc(ring.table(valid), 16, INDIRECT | NEXT), valid);
          ring.broken(Kind.INDIRECT);
        });
    both(
        cases,
        "T0059 T0100 P0086 two tables chained",
        ring -> {
          Desc table = new Desc(ring.table(valid), 16, INDIRECT);
          ring.chain(table, table);
          ring.broken(Kind.INDIRECT);
        });
    both(
        cases,
        "T0018 P0083 a table of 47 bytes",
        ring -> {
          ring.chain(new Desc(ring.table(valid, valid, valid), 47, INDIRECT));
          ring.broken(Kind.INDIRECT);
        });
    both(
        cases,
        "T0019 P0069 a table of 0 bytes",
        ring -> {
          ring.chain(new Desc(ring.table(valid), 0, INDIRECT));
          ring.broken(Kind.INDIRECT);
        });
    both(
        cases,
        "T0099 P0085 a table of 256 KiB",
        breaks(Kind.INDIRECT, new Desc(HostileRing.BASE, 256 << 10, INDIRECT)));
    both(
        cases,
        "T0020 P0082 a table beyond RAM",
        breaks(Kind.ADDRESS, new Desc(END + 4096, 64, INDIRECT)));
    both(
        cases,
        "T0058 P0034 a table that runs past the end of RAM",
        breaks(Kind.ADDRESS, new Desc(END - 32, 48, INDIRECT)));
    both(
        cases,
        "T0072 a table of zeroes",
        ring -> {
          ring.chain(new Desc(ring.data(64), 64, INDIRECT));
          ring.served(0, 0);
        });
    both(
        cases,
        "T0089 P0051 WRITE on the table's descriptor",
        ring -> {
          ring.chain(new Desc(ring.table(header, valid), 32, INDIRECT | WRITE));
          ring.served(16, 512);
        });
    both(
        cases,
        "T0064 a table longer than the ring",
        ring -> {
          Desc[] many = new Desc[Virtqueue.MAX_INDIRECT];
          Arrays.fill(many, Desc.in(END - 512, 1));
          ring.chain(new Desc(ring.table(many), 16 * many.length, INDIRECT));
          ring.served(0, many.length);
        });
    both(
        cases,
        "T0076 P0024 P0032 an unaligned table over two pages",
        ring -> {
          long at = HostileRing.BASE + 0x8000 - 35;
          ring.write(at, header, valid, valid);
          ring.chain(new Desc(at, 48, INDIRECT));
          ring.served(16, 1024);
        });
    both(
        cases,
        "T0108 P0084 a table in another queue's descriptors",
        ring -> {
          ring.chain(new Desc(ring.driver.config().descriptorArea(), 16 * 16, INDIRECT));
          ring.serve();
          ring.servesOthers();
        });
    return cases.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("chains")
  @Normative(BASIC + "Virtqueues / The Virtqueue Descriptor Table / Indirect Descriptors:1")
  @Normative(BASIC + "Message Framing:2")
  void aHostileChainBreaksItsQueueOrIsServed(Case hostile) {
    hostile.act.accept(new HostileRing(hostile.packed, true, false));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t0015p0005ATableWithoutItsFeatureIsRefused(boolean packed) {
    HostileRing ring = new HostileRing(packed, false, false);
    ring.chain(new Desc(ring.table(Desc.in(END - 512, 512)), 16, INDIRECT));
    ring.broken(Kind.INDIRECT);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t0124t0070t0106t0107TheDeviceWritesOverRingsAndSurvives(boolean packed) {
    for (int area = 0; area < 6; area++) {
      HostileRing ring = new HostileRing(packed, true, false);
      HostileRing other = new HostileRing(packed, true, false);
      QueueConfig config = (area < 3 ? ring : other).driver.config();
      long at =
          switch (area % 3) {
            case 0 -> config.descriptorArea();
            case 1 -> config.driverArea();
            default -> config.deviceArea();
          };
      ring.chain(Desc.in(at, 4));
      assertThat(ring.serve()).isPositive();
      ring.servesOthers();
      other.chain(Desc.in(END - 512, 512));
      other.serve();
      other.servesOthers();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t0051t0052t0056t0075p0001p0002s0095WhatIsRewrittenAfterTheTakeChangesNothing(
      boolean packed) {
    HostileRing ring = new HostileRing(packed, true, false);
    long data = ring.data(64);
    long table = ring.table(Desc.out(data, 16), Desc.in(data + 16, 48));
    ring.chain(new Desc(table, 32, INDIRECT));
    BufferChain chain = ring.queue.poll();
    ring.write(table, Desc.in(-1, -1), Desc.in(-1, -1));
    ring.chain(new Desc(0, -1, INDIRECT | NEXT | WRITE));
    assertThat(chain.readableBytes()).isEqualTo(16);
    assertThat(chain.writableBytes()).isEqualTo(48);
    assertThat(chain.segmentAddress(1)).isEqualTo(data + 16);
    chain.writer().clear(48);
    ring.queue.complete(chain, 48);
    assertThat(ring.queue.fault()).isNull();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t0065p0020ARingFullOfTablesIsServed(boolean packed) {
    HostileRing ring = new HostileRing(packed, true, false);
    for (int i = 0; i < HostileRing.SIZE; i++) {
      long table = ring.table(Desc.out(END - 512, 16), Desc.in(END - 256, 16));
      if (packed) {
        ring.packed().descriptor(i, table, 32, i);
        ring.packed().flags(i, INDIRECT | DescriptorFlags.AVAIL);
      } else {
        ring.split().descriptor(i, table, 32, INDIRECT, 0);
        ring.split().availEntry(i, i);
      }
    }
    if (!packed) {
      ring.split().availIndex(HostileRing.SIZE);
    }
    assertThat(ring.serve()).isEqualTo(HostileRing.SIZE);
    assertThat(ring.queue.fault()).isNull();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aLargeRingFullOfLongTablesIsRefusedBeforeItTakesMuchMemory(boolean packed) {
    int size = 2048;
    RingFeatures features = new RingFeatures(packed, true, false, false);
    DriverMemory memory = DriverMemory.direct(HostileRing.BASE, 1 << 20);
    DriverQueue driver = DriverQueue.create(memory, size, features);
    Virtqueue queue =
        Virtqueue.start(QueueState.initial(driver.config()), features, size, memory.guestMemory());
    int length = 16 * Virtqueue.MAX_INDIRECT;
    long table = memory.allocate(length, 16);
    for (int i = 0; i < Virtqueue.MAX_INDIRECT; i++) {
      ByteBuffer entry = memory.view(table + 16L * i, 16);
      entry.putLong(0, HostileRing.BASE).putInt(8, 1);
      if (!packed && i + 1 < Virtqueue.MAX_INDIRECT) {
        entry.putShort(12, (short) NEXT).putShort(14, (short) (i + 1));
      }
    }
    for (int i = 0; i < size; i++) {
      if (packed) {
        PackedRing ring = ((PackedDriverQueue) driver).ring();
        ring.descriptor(i, table, length, i);
        ring.flags(i, INDIRECT | DescriptorFlags.AVAIL);
      } else {
        SplitRing ring = ((SplitDriverQueue) driver).ring();
        ring.descriptor(i, table, length, INDIRECT, 0);
        ring.availEntry(i, i);
        ring.availIndex(i + 1);
      }
    }
    List<BufferChain> taken = new ArrayList<>();
    for (BufferChain chain = queue.poll(); chain != null; chain = queue.poll()) {
      taken.add(chain);
    }
    assertThat(taken).hasSize(Virtqueue.MAX_SEGMENTS / Virtqueue.MAX_INDIRECT);
    assertThat(queue.fault().kind()).isEqualTo(Kind.IN_FLIGHT);
    taken.forEach(chain -> queue.complete(chain, 0));
    assertThat(queue.inFlight()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aChainKeepsLittleRoomAfterALongOne(boolean packed) {
    HostileRing ring = new HostileRing(packed, true, false);
    Desc[] many = new Desc[Virtqueue.MAX_INDIRECT];
    Arrays.fill(many, Desc.in(END - 512, 1));
    ring.chain(new Desc(ring.table(many), 16 * many.length, INDIRECT));
    BufferChain chain = ring.queue.poll();
    assertThat(chain.room()).isGreaterThanOrEqualTo(many.length);
    ring.queue.complete(chain, 0);
    assertThat(chain.room()).isLessThanOrEqualTo(256);
  }
}
