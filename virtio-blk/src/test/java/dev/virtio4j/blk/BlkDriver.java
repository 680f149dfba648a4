package dev.virtio4j.blk;

import dev.virtio4j.device.DeviceLifecycle;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.driver.SteppedLoop;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.memory.AccessorRegion;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MemoryAccessor;
import dev.virtio4j.queue.QueueFault;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.queue.RingFeatures;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** A block driver in the test's own thread, which steps the device. */
final class BlkDriver implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(20);
  static final int OK = VirtioBlk.S_OK;
  static final int IOERR = VirtioBlk.S_IOERR;
  static final int UNSUPP = VirtioBlk.S_UNSUPP;

  /** What a status byte holds before the device writes it. */
  static final int UNWRITTEN = 0xee;

  private static final long GUEST_ADDRESS = 0x4000_0000L;
  private static final int MEMORY = 7 << 20;

  /** How ring and memory are. */
  enum Shape {
    SPLIT(false, false),
    PACKED(true, false),
    SPLIT_COPIED(false, true),
    PACKED_COPIED(true, true);

    final boolean packed;
    final boolean copied;

    Shape(boolean packed, boolean copied) {
      this.packed = packed;
      this.copied = copied;
    }
  }

  final BlockDevice device;
  final SteppedLoop loop = new SteppedLoop();
  final DriverMemory memory = DriverMemory.direct(GUEST_ADDRESS, MEMORY);
  final List<DriverQueue> queues = new ArrayList<>();
  final List<QueueFault> faults = new ArrayList<>();
  int configChanges;
  final DeviceLifecycle life;
  final GuestMemory guestMemory;

  /** The last call's used length. */
  long written;

  private final Shape shape;
  private final DeviceLoop deviceLoop;
  private final long header = memory.allocate(16, 16);
  private final long status = memory.allocate(16, 16);
  private final long data = memory.allocate(5 << 20, 4096);

  BlkDriver(BlockDevice device, Shape shape) {
    this(device, shape, loop -> loop);
  }

  BlkDriver(BlockDevice device, Shape shape, Function<SteppedLoop, DeviceLoop> wrapper) {
    this.device = device;
    this.shape = shape;
    guestMemory = shape.copied ? copied(memory) : memory.guestMemory();
    DeviceLoop deviceLoop = wrapper.apply(loop);
    this.deviceLoop = deviceLoop;
    life =
        new DeviceLifecycle(
            device,
            index -> deviceLoop,
            new DeviceLifecycle.Listener() {
              @Override
              public void configChanged() {
                configChanges++;
              }

              @Override
              public void queueBroken(int queue, QueueFault fault) {
                faults.add(fault);
              }
            });
  }

  /** Memory that can only be copied. */
  static GuestMemory copied(DriverMemory memory) {
    ByteBuffer bytes = memory.view(memory.guestAddress(), (int) memory.size());
    return GuestMemory.of(
        new AccessorRegion(
            memory.guestAddress(),
            memory.size(),
            new MemoryAccessor() {
              @Override
              public void read(long offset, ByteBuffer target, int index, int length) {
                target.put(index, bytes, (int) offset, length);
              }

              @Override
              public void write(long offset, ByteBuffer source, int index, int length) {
                bytes.put((int) offset, source, index, length);
              }

              @Override
              public short getShortAcquire(long offset) {
                short value = bytes.getShort((int) offset);
                VarHandle.acquireFence();
                return value;
              }

              @Override
              public void putShortRelease(long offset, short value) {
                VarHandle.releaseFence();
                bytes.putShort((int) offset, value);
              }

              @Override
              public void fence() {
                VarHandle.fullFence();
              }
            }));
  }

  /** Everything that the device offers, in the shape's ring format. */
  long everything() {
    long ring = shape.packed ? 0 : RingFeatures.RING_PACKED;
    return device.features() & ~ring & ~RingFeatures.IN_ORDER;
  }

  BlkDriver start() {
    return start(everything());
  }

  BlkDriver start(long features) {
    String problem = life.negotiate(features);
    if (problem != null) {
      throw new IllegalStateException(problem);
    }
    for (int i = 0; i < device.queues(); i++) {
      startQueue(i);
    }
    return this;
  }

  void startQueue(int index) {
    DriverQueue queue =
        DriverQueue.create(memory, device.maxQueueSize(index), RingFeatures.of(life.features()));
    await(life.startQueue(index, QueueState.initial(queue.config()), guestMemory, () -> {}, null));
    while (queues.size() <= index) {
      queues.add(null);
    }
    queues.set(index, queue);
  }

  <T> T await(CompletionStage<T> stage) {
    var future = stage.toCompletableFuture();
    loop.runUntil(future::isDone, PATIENCE);
    return future.join();
  }

  void until(BooleanSupplier condition) {
    if (!loop.runUntil(condition, PATIENCE)) {
      throw new AssertionError("did not come about in " + PATIENCE);
    }
  }

  // Requests, piece by piece

  ByteBuffer view(long address, int length) {
    return memory.view(address, length);
  }

  Segment header(int type, long sector) {
    view(header, 16).putInt(type).putInt(0).putLong(sector);
    return Segment.readable(header, 16);
  }

  Segment status() {
    view(status, 1).put((byte) UNWRITTEN);
    return Segment.writable(status, 1);
  }

  int statusByte() {
    return view(status, 1).get() & 0xff;
  }

  long data() {
    return data;
  }

  Segment in(int length) {
    return Segment.writable(data, length);
  }

  Segment out(byte[] bytes) {
    view(data, bytes.length).put(bytes);
    return Segment.readable(data, bytes.length);
  }

  byte[] bytes(int length) {
    byte[] copy = new byte[length];
    view(data, length).get(copy);
    return copy;
  }

  /** Sends a request of any kind; its used length. */
  long send(int index, Segment... segments) {
    DriverQueue queue = queues.get(index);
    DriverRequest request = queue.prepare(segments);
    queue.submit(request);
    queue.publish();
    life.ring(index);
    until(() -> queue.ready() || !faults.isEmpty());
    DriverRequest done = queue.poll();
    if (done != request) {
      throw new AssertionError("no answer: " + faults);
    }
    queue.discard(request);
    written = request.written();
    return written;
  }

  /** Sends a request whose last segment is the status; its status. */
  int call(Segment... segments) {
    send(0, segments);
    return statusByte();
  }

  // Requests as a good driver sends them

  int read(long sector, int length) {
    return call(header(VirtioBlk.T_IN, sector), in(length), status());
  }

  int write(long sector, byte[] bytes) {
    return call(header(VirtioBlk.T_OUT, sector), out(bytes), status());
  }

  int flush() {
    return call(header(VirtioBlk.T_FLUSH, 0), status());
  }

  /** Ranges are triples of sector, count and flags. */
  int ranges(int type, long... triples) {
    ByteBuffer list = ByteBuffer.allocate(16 * (triples.length / 3)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < triples.length; i += 3) {
      list.putLong(triples[i]).putInt((int) triples[i + 1]).putInt((int) triples[i + 2]);
    }
    return call(header(type, 0), out(list.array()), status());
  }

  int discard(long sector, long count) {
    return ranges(VirtioBlk.T_DISCARD, sector, count, 0);
  }

  int zero(long sector, long count, boolean unmap) {
    return ranges(VirtioBlk.T_WRITE_ZEROES, sector, count, unmap ? 1 : 0);
  }

  ByteBuffer config(int offset, int length) {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    device.readConfig(offset, bytes);
    return bytes.flip();
  }

  void writeConfig(int offset, int value) {
    device.writeConfig(offset, ByteBuffer.wrap(new byte[] {(byte) value}));
  }

  @Override
  public void close() {
    await(life.reset());
    device.close();
    if (deviceLoop instanceof UringLoop uring) {
      uring.close();
    }
  }
}
