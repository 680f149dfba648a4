package dev.virtio4j.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.PackedDriverQueue;
import dev.virtio4j.driver.PackedRing;
import dev.virtio4j.driver.SplitDriverQueue;
import dev.virtio4j.driver.SplitRing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Random guests, one after the other, at the device's end of a queue. */
final class RingFuzzer {
  private static final long BASE = 0x8000_0000L;
  private static final int MEMORY = 1 << 14;

  /** Below here are rings and tables; above, buffers. */
  private static final int BUFFERS = 1 << 13;

  /** A guest that breaks nothing for so long is followed by another one. */
  private static final int LIFE = 2000;

  final boolean packed;
  final DriverMemory memory = DriverMemory.direct(BASE, MEMORY);
  final ByteBuffer bytes = memory.view(BASE, MEMORY);
  final ByteBuffer before = ByteBuffer.allocateDirect(MEMORY);

  /** What the device may have changed since the last comparison. */
  final BitSet allowed = new BitSet(MEMORY);

  final List<BufferChain> taken = new ArrayList<>();
  final Map<QueueFault.Kind, Integer> faults = new EnumMap<>(QueueFault.Kind.class);
  SplittableRandom random;
  RingFeatures features;
  int size;
  QueueConfig config;
  DriverQueue driver;
  Virtqueue queue;
  int driverIndex;
  boolean driverWrap;
  long served;

  RingFuzzer(boolean packed) {
    this.packed = packed;
  }

  boolean chance(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }

  /** Another guest boots. */
  void boot() {
    features = new RingFeatures(packed, !chance(4), random.nextBoolean(), chance(3));
    size = packed ? 1 + random.nextInt(20) : 1 << random.nextInt(5);
    QueueConfig shape = new QueueConfig(size, 0, 0, 0);
    long driverArea = BASE + 1024;
    config = new QueueConfig(size, BASE + 512L * random.nextInt(2), driverArea, BASE + 2048);
    assertThat(shape.deviceBytes(features)).isLessThan(1024);
    for (int i = 0; i < MEMORY; i += 8) {
      bytes.putLong(i, i < 4096 ? 0 : random.nextLong());
    }
    driver = DriverQueue.over(memory, config, features);
    queue =
        Virtqueue.start(
            QueueState.initial(config), features, QueueConfig.MAX_SIZE, memory.guestMemory());
    driverIndex = 0;
    driverWrap = true;
    taken.clear();
    allowed.clear();
  }

  long address() {
    return switch (random.nextInt(12)) {
      case 0 -> random.nextLong();
      case 1 -> BASE + MEMORY - random.nextInt(64);
      case 2 -> BASE + random.nextInt(BUFFERS);
      case 3 -> -random.nextInt(4096);
      default -> BASE + BUFFERS + random.nextInt(MEMORY - BUFFERS - 256);
    };
  }

  int length() {
    return switch (random.nextInt(12)) {
      case 0 -> random.nextInt();
      case 1 -> 0;
      case 2 -> 16 * random.nextInt(20);
      default -> 1 + random.nextInt(256);
    };
  }

  int flags(boolean more) {
    int flags = more ? DescriptorFlags.NEXT : 0;
    if (random.nextBoolean()) {
      flags |= DescriptorFlags.WRITE;
    }
    if (chance(10)) {
      flags |= DescriptorFlags.INDIRECT;
    }
    return chance(40) ? random.nextInt(1 << 16) : flags;
  }

  /** Writes a chain that may be right, and makes it available. */
  void chain() {
    int count = 1 + random.nextInt(Math.min(size, 4));
    boolean write = false;
    boolean table = chance(4);
    if (packed) {
      PackedRing ring = ((PackedDriverQueue) driver).ring();
      int head = driverIndex;
      int headFlags = 0;
      for (int i = 0; i < (table ? 1 : count); i++) {
        write |= random.nextBoolean();
        int flags = i + 1 < count && !table ? DescriptorFlags.NEXT : 0;
        flags |= write ? DescriptorFlags.WRITE : 0;
        flags |= table ? DescriptorFlags.INDIRECT : 0;
        flags |= DescriptorFlags.available(driverWrap);
        flags = chance(50) ? random.nextInt(1 << 16) : flags;
        long address = table ? BASE + 4096 + 16L * random.nextInt(100) : address();
        int length = table ? 16 * random.nextInt(40) : length();
        ring.descriptor(driverIndex, address, length, random.nextInt(2 * size));
        if (i == 0) {
          headFlags = flags;
        } else {
          ring.flags(driverIndex, flags);
        }
        driverIndex++;
        if (driverIndex == size) {
          driverIndex = 0;
          driverWrap = !driverWrap;
        }
      }
      ring.flags(head, headFlags);
      return;
    }
    SplitRing ring = ((SplitDriverQueue) driver).ring();
    int head = random.nextInt(size);
    int index = head;
    for (int i = 0; i < count; i++) {
      write |= random.nextBoolean();
      boolean last = i + 1 == count || table;
      int flags = last ? 0 : DescriptorFlags.NEXT;
      flags |= write ? DescriptorFlags.WRITE : 0;
      flags |= table ? DescriptorFlags.INDIRECT : 0;
      int next = chance(60) ? random.nextInt(1 << 16) : (index + 1) % size;
      long address = table ? BASE + 4096 + 16L * random.nextInt(100) : address();
      ring.descriptor(index, address, table ? 16 * random.nextInt(40) : length(), flags, next);
      if (last) {
        break;
      }
      index = (index + 1) % size;
    }
    ring.availEntry(ring.availIndex(), chance(80) ? random.nextInt(1 << 16) : head);
    ring.availIndex(ring.availIndex() + 1);
  }

  /** Writes into tables what may be read as descriptors. */
  void table() {
    int at = 4096 + 16 * random.nextInt(200);
    boolean write = false;
    for (int i = 0; i < 8; i++, at += 16) {
      write |= random.nextBoolean();
      int flags = write ? DescriptorFlags.WRITE : 0;
      bytes.putLong(at, address()).putInt(at + 8, length());
      if (packed) {
        bytes.putShort(at + 14, (short) (chance(4) ? flags(false) : flags));
      } else {
        boolean more = i < 7 && random.nextBoolean();
        flags |= more ? DescriptorFlags.NEXT : 0;
        bytes.putShort(at + 12, (short) (chance(10) ? flags(more) : flags));
        bytes.putShort(at + 14, (short) random.nextInt(10));
      }
    }
  }

  void mutate() {
    switch (random.nextInt(8)) {
      case 0 -> table();
      case 1 -> {
        // Anything in the rings.
        int at = random.nextInt(3072);
        bytes.put(at, (byte) random.nextInt(256));
      }
      case 2 -> {
        if (packed) {
          ((PackedDriverQueue) driver)
              .ring()
              .driverEvent(random.nextInt(1 << 15), random.nextBoolean(), random.nextInt(4));
        } else {
          SplitRing ring = ((SplitDriverQueue) driver).ring();
          ring.availFlags(random.nextInt(1 << 16));
          if (chance(10)) {
            ring.availIndex(ring.availIndex() + random.nextInt(40) - 8);
          }
        }
      }
      default -> chain();
    }
  }

  void allow(long address, long length) {
    int from = Math.toIntExact(address - BASE);
    allowed.set(from, from + Math.toIntExact(length));
  }

  void turn() {
    before.put(0, bytes, 0, MEMORY);
    allowed.clear();
    boolean wasBroken = queue.fault() != null;
    // On a broken queue buffers in flight may still be written, but no ring.
    if (!wasBroken) {
      allow(config.deviceArea(), config.deviceBytes(features));
    }
    if (!wasBroken && packed) {
      allow(config.descriptorArea(), config.descriptorBytes());
    }
    if (chance(3)) {
      queue.disableNotifications();
    }
    int polls = 0;
    for (BufferChain chain = queue.poll(); chain != null; chain = queue.poll()) {
      polls++;
      assertThat(polls).isLessThanOrEqualTo(1 << 16);
      assertThat(chain.segments()).isLessThanOrEqualTo(size + Virtqueue.MAX_INDIRECT);
      read(chain);
      taken.add(chain);
      if (!chance(4)) {
        give();
      }
      if (queue.inFlight() == size || chance(8)) {
        break;
      }
    }
    while (!taken.isEmpty() && !chance(3)) {
      give();
    }
    queue.takeInterrupt();
    if (random.nextBoolean()) {
      queue.enableNotifications();
    }
    queue.available();
    if (wasBroken) {
      assertThat(polls).isZero();
    }
    compare(wasBroken);
  }

  void read(BufferChain chain) {
    ByteBuffer target = ByteBuffer.allocate((int) Math.min(chain.readableBytes(), 300));
    chain.reader().read(target);
    assertThat(chain.reader().vector(chain.reader().remaining())).isNotNull();
  }

  void give() {
    BufferChain chain = taken.remove(random.nextInt(taken.size()));
    for (int i = chain.readableSegments(); i < chain.segments(); i++) {
      allow(chain.segmentAddress(i), chain.segmentLength(i));
    }
    chain.writer().clear(chain.writableBytes());
    queue.complete(chain, chain.writableBytes());
    served++;
  }

  void compare(boolean wasBroken) {
    for (int from = 0; ; ) {
      int at = bytes.slice(from, MEMORY - from).mismatch(before.slice(from, MEMORY - from));
      if (at < 0) {
        return;
      }
      from += at;
      if (!allowed.get(from)) {
        throw new AssertionError(
            "wrote 0x%x, which no descriptor allows%s"
                .formatted(BASE + from, wasBroken ? ", on a broken queue" : ""));
      }
      from = allowed.nextClearBit(from);
    }
  }

  /** One guest, until some time after it broke its queue; how many mutations it made. */
  long guest(SplittableRandom its) {
    random = its;
    boot();
    int afterlife = 0;
    for (int round = 1; ; round++) {
      mutate();
      if (chance(3)) {
        turn();
      }
      if (queue.fault() != null && afterlife++ > 4) {
        end();
        faults.merge(queue.fault().kind(), 1, Integer::sum);
        return round;
      }
      if (round == LIFE) {
        end();
        return round;
      }
    }
  }

  private void end() {
    while (!taken.isEmpty()) {
      give();
    }
    if (queue.fault() != null) {
      assertThat(queue.inFlight()).isZero();
    }
  }
}
