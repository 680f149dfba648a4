package dev.virtio4j.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.PackedDriverQueue;
import dev.virtio4j.driver.PackedRing;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.driver.SplitDriverQueue;
import dev.virtio4j.driver.SplitRing;
import dev.virtio4j.memory.AccessorRegion;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MappedRegion;
import dev.virtio4j.memory.MemoryAccessor;
import java.nio.ByteBuffer;

/**
 * A queue whose guest is hostile: rings are written raw, and every access of the device to guest
 * memory is counted.
 */
final class HostileRing {
  static final long BASE = 0x1_0000_0000L;
  static final int MEMORY = 1 << 18;
  static final long END = BASE + MEMORY;
  static final int SIZE = 16;

  /** One descriptor; NEXT is set for all but the last of a chain, and more may be set here. */
  record Desc(long address, int length, int flags) {
    static Desc in(long address, int length) {
      return new Desc(address, length, DescriptorFlags.WRITE);
    }

    static Desc out(long address, int length) {
      return new Desc(address, length, 0);
    }
  }

  private final class Counted implements MemoryAccessor {
    private final MappedRegion target = memory.region();

    @Override
    public void read(long offset, ByteBuffer bytes, int index, int length) {
      accesses++;
      target.read(offset, bytes, index, length);
    }

    @Override
    public void write(long offset, ByteBuffer bytes, int index, int length) {
      accesses++;
      target.write(offset, bytes, index, length);
    }

    @Override
    public short getShortAcquire(long offset) {
      accesses++;
      return target.getShort(offset);
    }

    @Override
    public void putShortRelease(long offset, short value) {
      accesses++;
      target.putShort(offset, value);
    }

    @Override
    public void fence() {}
  }

  final DriverMemory memory = DriverMemory.direct(BASE, MEMORY);
  final GuestMemory guest;
  final RingFeatures features;
  final DriverQueue driver;
  final Virtqueue queue;
  long accesses;

  HostileRing(boolean packed, boolean indirect, boolean eventIdx) {
    features = new RingFeatures(packed, indirect, eventIdx, false);
    guest = GuestMemory.of(new AccessorRegion(BASE, MEMORY, new Counted()));
    driver = DriverQueue.create(memory, SIZE, features);
    queue =
        Virtqueue.start(QueueState.initial(driver.config()), features, QueueConfig.MAX_SIZE, guest);
  }

  SplitRing split() {
    return ((SplitDriverQueue) driver).ring();
  }

  PackedRing packed() {
    return ((PackedDriverQueue) driver).ring();
  }

  long data(int length) {
    return memory.allocate(length, 16);
  }

  /** Makes one chain available, from the first descriptor on, with id 0. */
  void chain(Desc... descriptors) {
    for (int i = 0; i < descriptors.length; i++) {
      Desc d = descriptors[i];
      int flags = d.flags | (i + 1 < descriptors.length ? DescriptorFlags.NEXT : 0);
      if (features.packed()) {
        packed().descriptor(i, d.address, d.length, 0);
        packed().flags(i, flags | DescriptorFlags.AVAIL);
      } else {
        split().descriptor(i, d.address, d.length, flags, i + 1);
      }
    }
    if (!features.packed()) {
      split().availEntry(0, 0);
      split().availIndex(1);
    }
  }

  /** Writes an indirect table, as the ring's format has it. */
  long table(Desc... descriptors) {
    long at = data(16 * descriptors.length);
    write(at, descriptors);
    return at;
  }

  void write(long at, Desc... descriptors) {
    for (int i = 0; i < descriptors.length; i++) {
      Desc d = descriptors[i];
      ByteBuffer entry = memory.view(at + 16L * i, 16);
      entry.putLong(0, d.address).putInt(8, d.length);
      if (features.packed()) {
        entry.putShort(14, (short) d.flags);
      } else {
        boolean more = i + 1 < descriptors.length;
        entry.putShort(12, (short) (d.flags | (more ? DescriptorFlags.NEXT : 0)));
        entry.putShort(14, (short) (i + 1));
      }
    }
  }

  /** Takes everything and gives it back filled; returns how many chains there were. */
  int serve() {
    accesses = 0;
    int chains = 0;
    for (BufferChain chain = queue.poll(); chain != null; chain = queue.poll()) {
      chains++;
      assertThat(chain.segments()).isLessThanOrEqualTo(SIZE + Virtqueue.MAX_INDIRECT);
      chain.writer().clear(chain.writableBytes());
      queue.complete(chain, chain.writableBytes());
      // Not endless, whatever the guest does: a few accesses for each entry and descriptor.
      assertThat(accesses).isLessThan(8L * (chains + 1) * (SIZE + Virtqueue.MAX_INDIRECT));
      if (chains > 1 << 17) {
        throw new AssertionError("endless");
      }
    }
    queue.takeInterrupt();
    return chains;
  }

  /** The queue is broken by this rule, stays so, and touches nothing any more. */
  void broken(QueueFault.Kind kind) {
    assertThat(serve()).isZero();
    assertThat(queue.fault()).as("fault").isNotNull();
    assertThat(queue.fault().kind()).isEqualTo(kind);
    assertThat(queue.fault().detail()).hasSizeLessThan(200);
    assertThat(queue.inFlight()).isZero();
    QueueFault first = queue.fault();
    accesses = 0;
    for (int i = 0; i < 100; i++) {
      assertThat(queue.poll()).isNull();
      assertThat(queue.available()).isFalse();
      assertThat(queue.enableNotifications()).isFalse();
      queue.disableNotifications();
      queue.takeInterrupt();
    }
    assertThat(accesses).isZero();
    assertThat(queue.fault()).isSameAs(first);
    servesOthers();
  }

  /** One chain is served whole. */
  void served(long readable, long writable) {
    accesses = 0;
    BufferChain chain = queue.poll();
    assertThat(queue.fault()).isNull();
    assertThat(chain).isNotNull();
    assertThat(chain.readableBytes()).isEqualTo(readable);
    assertThat(chain.writableBytes()).isEqualTo(writable);
    queue.complete(chain, 0);
    servesOthers();
  }

  /** A well-behaved driver of another queue gets its answer. */
  void servesOthers() {
    DriverQueue well = DriverQueue.create(memory, 4, features);
    Virtqueue other = Virtqueue.start(QueueState.initial(well.config()), features, 4, guest);
    DriverRequest request = well.prepare(Segment.writable(data(8), 8));
    for (int i = 0; i < 10; i++) {
      well.submit(request);
      well.publish();
      BufferChain chain = other.poll();
      chain.writer().writeLong(1);
      other.complete(chain, 8);
      assertThat(well.poll()).isSameAs(request);
      assertThat(request.written()).isEqualTo(8);
    }
  }
}
