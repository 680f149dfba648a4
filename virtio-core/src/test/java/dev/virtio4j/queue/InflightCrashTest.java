package dev.virtio4j.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.memory.AccessorRegion;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MappedRegion;
import dev.virtio4j.memory.MemoryAccessor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Ends the device's process after every single store that it makes, to its inflight region and to
 * the ring, and has another take over.
 */
class InflightCrashTest {
  private static final long BASE = 0x10_0000L;
  private static final int OPERATIONS = 60;

  /** The process ends here. */
  private static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Crash() {
      super(null, null, false, false);
    }
  }

  /** Counts stores, and ends the process after one of them. */
  private static final class Fuse {
    int left = Integer.MAX_VALUE;

    void burn() {
      if (--left == 0) {
        throw new Crash();
      }
    }
  }

  private static final class FusedRegion extends InflightRegion {
    private final Fuse fuse;

    FusedRegion(ByteBuffer bytes, int size, Fuse fuse) {
      super(bytes, 0, size);
      this.fuse = fuse;
    }

    @Override
    void putByte(int at, int value) {
      super.putByte(at, value);
      fuse.burn();
    }

    @Override
    void putShort(int at, int value) {
      super.putShort(at, value);
      fuse.burn();
    }

    @Override
    void putInt(int at, int value) {
      super.putInt(at, value);
      fuse.burn();
    }

    @Override
    void putLong(int at, long value) {
      super.putLong(at, value);
      fuse.burn();
    }
  }

  private record FusedAccessor(MappedRegion target, Fuse fuse) implements MemoryAccessor {
    @Override
    public void read(long offset, ByteBuffer bytes, int index, int length) {
      target.read(offset, bytes, index, length);
    }

    @Override
    public void write(long offset, ByteBuffer bytes, int index, int length) {
      target.write(offset, bytes, index, length);
      fuse.burn();
    }

    @Override
    public short getShortAcquire(long offset) {
      return target.getShort(offset);
    }

    @Override
    public void putShortRelease(long offset, short value) {
      target.putShort(offset, value);
      fuse.burn();
    }

    @Override
    public void fence() {}
  }

  /** One guest, and the device processes that serve it one after the other. */
  private static final class World {
    final Random random;
    final boolean packed;
    final int size;
    final RingFeatures features;
    final DriverMemory memory = DriverMemory.direct(BASE, 1 << 15);
    final DriverQueue driver;
    final ByteBuffer region;
    final Fuse fuse = new Fuse();
    final GuestMemory guest;
    final List<DriverRequest> idle = new ArrayList<>();

    /** Numbers of requests that the driver submitted and did not get back. */
    final Set<Long> submitted = new HashSet<>();

    Virtqueue queue;
    final List<BufferChain> taken = new ArrayList<>();

    /** Numbers that this process has taken and not given back. */
    final Set<Long> inHand = new HashSet<>();

    World(long seed, boolean packed, int size) {
      random = new Random(seed);
      this.packed = packed;
      this.size = size;
      features = new RingFeatures(packed, true, random.nextBoolean(), false);
      driver = DriverQueue.create(memory, size, features);
      region = ByteBuffer.allocateDirect(InflightLog.bytes(packed, size));
      guest =
          GuestMemory.of(
              new AccessorRegion(BASE, memory.size(), new FusedAccessor(memory.region(), fuse)));
      // A split ring's requests keep their descriptors, so no more are made than fit.
      for (int free = size; free > 0; ) {
        int segments = free == size && random.nextInt(4) == 0 ? size : 1 + random.nextInt(3);
        boolean indirect = random.nextInt(3) == 0;
        segments = indirect ? segments : Math.min(segments, free);
        free -= indirect ? 1 : segments;
        idle.add(prepare(segments, indirect));
      }
    }

    private DriverRequest prepare(int count, boolean indirect) {
      long number = idle.size() + 1L;
      Segment[] segments = new Segment[count];
      for (int i = 0; i < count; i++) {
        long at = memory.allocate(8, 8);
        memory.view(at, 8).putLong(0, number);
        segments[i] = i == 0 ? Segment.readable(at, 8) : Segment.writable(at, 8);
      }
      DriverRequest request =
          indirect ? driver.prepareIndirect(segments) : driver.prepare(segments);
      request.tag(number);
      return request;
    }

    void startProcess() {
      taken.clear();
      inHand.clear();
      InflightRegion fused = new FusedRegion(region, size, fuse);
      // What the front-end says of a packed ring after a crash is wrong, as QEMU's is.
      QueueState state = QueueState.initial(driver.config());
      InflightLog log =
          packed
              ? PackedInflightLog.open(fused, state, guest)
              : SplitInflightLog.open(
                  fused, size, SplitVirtqueue.usedIndex(driver.config(), guest));
      queue = Virtqueue.start(state, features, size, guest, log);
    }

    void drive() {
      for (DriverRequest done = driver.poll(); done != null; done = driver.poll()) {
        assertThat(submitted.remove(done.tag())).isTrue();
        idle.add(done);
      }
      while (!idle.isEmpty() && random.nextInt(4) != 0) {
        DriverRequest request = idle.get(random.nextInt(idle.size()));
        if (!driver.submit(request)) {
          break;
        }
        idle.remove(request);
        submitted.add(request.tag());
        if (random.nextBoolean()) {
          driver.publish();
        }
      }
      driver.publish();
    }

    boolean take() {
      BufferChain chain = queue.poll();
      assertThat(queue.fault()).isNull();
      if (chain == null) {
        return false;
      }
      long number = chain.reader().readLong();
      assertThat(submitted).contains(number);
      assertThat(inHand.add(number)).as("%d taken once", number).isTrue();
      taken.add(chain);
      return true;
    }

    void give() {
      if (!taken.isEmpty()) {
        BufferChain chain = taken.remove(random.nextInt(taken.size()));
        chain.reader().position(0);
        long number = chain.reader().readLong();
        queue.complete(chain, Math.min(chain.writableBytes(), 4));
        inHand.remove(number);
      }
    }

    void operate() {
      switch (random.nextInt(5)) {
        case 0 -> drive();
        case 1, 2 -> take();
        default -> give();
      }
    }

    /** Everything submitted comes back, and nothing else. */
    void finish() {
      driver.publish();
      boolean more = true;
      while (more) {
        more = take();
        give();
      }
      while (!taken.isEmpty()) {
        give();
      }
      for (DriverRequest done = driver.poll(); done != null; done = driver.poll()) {
        assertThat(submitted.remove(done.tag())).isTrue();
        idle.add(done);
      }
      assertThat(submitted).isEmpty();
      assertThat(driver.inFlight()).isZero();
    }
  }

  /** Runs up to the crash; false if it never came. */
  private static boolean crash(World world, int after) {
    world.fuse.left = after;
    try {
      world.startProcess();
      for (int i = 0; i < OPERATIONS; i++) {
        world.operate();
      }
      return false;
    } catch (Crash expected) {
      return true;
    } finally {
      world.fuse.left = Integer.MAX_VALUE;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "false, 4",
    "false, 16",
    "true, 1",
    "true, 2",
    "true, 3",
    "true, 4",
    "true, 5",
    "true, 16"
  })
  void noChainIsLostOrUsedTwiceWhereverTheProcessEnds(boolean packed, int size) {
    long base = Long.getLong("virtio4j.seed", 20260);
    for (long seed = base; seed < base + 12; seed++) {
      int steps = 0;
      for (int after = 1; ; after++) {
        World world = new World(seed, packed, size);
        boolean crashed;
        try {
          crashed = crash(world, after);
          if (crashed && world.random.nextBoolean()) {
            // The guest goes on while nobody serves it.
            world.drive();
          }
          // The next process may end as well, while it recovers or later.
          if (crashed && world.random.nextInt(3) == 0) {
            crash(world, 1 + world.random.nextInt(40));
          }
          world.startProcess();
          for (int i = 0; i < OPERATIONS; i++) {
            world.operate();
          }
          world.finish();
        } catch (RuntimeException | AssertionError e) {
          throw new AssertionError("seed %d, crash after store %d".formatted(seed, after), e);
        }
        steps++;
        if (!crashed) {
          break;
        }
      }
      assertThat(steps).isGreaterThan(20);
    }
  }
}
