package dev.virtio4j.driver;

import dev.virtio4j.device.DeviceLifecycle;
import dev.virtio4j.device.QueueInterrupt;
import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.queue.InflightLog;
import dev.virtio4j.queue.QueueFault;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.queue.RingFeatures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;

/**
 * A driver for a device in this process: negotiates features, sets up queues, sends requests. With
 * a {@link SteppedLoop} everything happens on the caller's thread, inside {@link #kick}, {@link
 * #run} and {@link #call}; with real loops the device runs beside the driver.
 */
public final class DriverDevice implements AutoCloseable {
  /** What a driver waits for a device, before it gives up. */
  public static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final long GUEST_ADDRESS = 0x1_0000_0000L;
  private static final int MEMORY = 16 << 20;
  private static final int USUAL_SIZE = 256;

  private final VirtioDevice device;
  private final DriverMemory memory;
  private final SteppedLoop stepped;
  private final DeviceLifecycle lifecycle;
  private final DriverQueue[] queues;
  private final AtomicIntegerArray interrupts;
  private final AtomicInteger configChanges = new AtomicInteger();
  private final AtomicInteger faultCount = new AtomicInteger();
  private final ConcurrentMap<Integer, QueueFault> faults = new ConcurrentHashMap<>();

  private DriverDevice(
      VirtioDevice device,
      DriverMemory memory,
      SteppedLoop stepped,
      IntFunction<DeviceLoop> loops) {
    this.device = Objects.requireNonNull(device, "device");
    this.memory = memory;
    this.stepped = stepped;
    this.queues = new DriverQueue[device.queues()];
    this.interrupts = new AtomicIntegerArray(queues.length);
    this.lifecycle = new DeviceLifecycle(device, loops, new Events());
  }

  /**
   * A driver that steps its device on the caller's thread, with 16 MiB of memory.
   *
   * @param device a device that is not active
   */
  public DriverDevice(VirtioDevice device) {
    this(device, DriverMemory.direct(GUEST_ADDRESS, MEMORY), new SteppedLoop());
  }

  /**
   * A driver that steps its device on the caller's thread.
   *
   * @param device a device that is not active
   * @param memory the guest's memory, which stays the caller's
   * @param loop the loop of every queue
   */
  public DriverDevice(VirtioDevice device, DriverMemory memory, SteppedLoop loop) {
    this(device, memory, loop, index -> loop);
  }

  /**
   * A driver beside a device on loops of its own.
   *
   * @param device a device that is not active
   * @param memory the guest's memory, which stays the caller's
   * @param loops the loop that each queue sits on
   */
  public DriverDevice(VirtioDevice device, DriverMemory memory, IntFunction<DeviceLoop> loops) {
    this(device, memory, null, loops);
  }

  private final class Events implements DeviceLifecycle.Listener {
    @Override
    public void configChanged() {
      configChanges.incrementAndGet();
    }

    @Override
    public void queueBroken(int queue, QueueFault fault) {
      faultCount.incrementAndGet();
      faults.putIfAbsent(queue, fault);
    }
  }

  /**
   * The device's life, for what this class does not do.
   *
   * @return it
   */
  public DeviceLifecycle lifecycle() {
    return lifecycle;
  }

  /**
   * The guest's memory.
   *
   * @return it
   */
  public DriverMemory memory() {
    return memory;
  }

  /**
   * Agrees on features.
   *
   * @param features what the driver accepts
   * @return this
   * @throws IllegalStateException if the device does not take them
   */
  public DriverDevice negotiate(long features) {
    String problem = lifecycle.negotiate(features);
    if (problem != null) {
      throw new IllegalStateException(problem);
    }
    return this;
  }

  /**
   * Starts a queue of the usual size: the device's largest, or 256 if that is less.
   *
   * @param index which
   * @return the driver's end of it
   */
  public DriverQueue startQueue(int index) {
    return startQueue(index, Math.min(device.maxQueueSize(index), USUAL_SIZE));
  }

  /**
   * Starts a queue.
   *
   * @param index which
   * @param size entries
   * @return the driver's end of it
   */
  public DriverQueue startQueue(int index, int size) {
    DriverQueue queue = DriverQueue.create(memory, size, RingFeatures.of(lifecycle.features()));
    startQueue(index, queue, QueueState.initial(queue.config()), null);
    return queue;
  }

  /**
   * Starts a queue in any state.
   *
   * @param index which
   * @param queue the driver's end of it
   * @param state where it stands
   * @param inflightLog may be null
   */
  public void startQueue(int index, DriverQueue queue, QueueState state, InflightLog inflightLog) {
    QueueInterrupt interrupt = () -> interrupts.incrementAndGet(index);
    await(lifecycle.startQueue(index, state, memory.guestMemory(), interrupt, inflightLog));
    queues[index] = queue;
  }

  /**
   * The driver's end of a queue.
   *
   * @param index which
   * @return the queue that was started last; null if none was
   */
  public DriverQueue queue(int index) {
    return queues[index];
  }

  /**
   * Publishes what was submitted to a queue, and rings if the device wants to know. With a stepped
   * loop the device has done what it can when this returns.
   *
   * @param index which
   * @return whether it rang
   */
  public boolean publish(int index) {
    boolean due = queues[index].publish();
    if (due) {
      kick(index);
    }
    return due;
  }

  /**
   * Rings a queue, wanted or not.
   *
   * @param index which
   */
  public void kick(int index) {
    lifecycle.ring(index);
    run();
  }

  /** Lets a device on a stepped loop do what it can; nothing on real loops. */
  public void run() {
    if (stepped != null) {
      stepped.run();
    }
  }

  /**
   * Sends one request and waits for it. No other request of the queue may complete meanwhile.
   *
   * @param index which queue
   * @param segments the request
   * @return the used length
   * @throws IllegalStateException if the queue broke, or the device did not answer in {@link
   *     #PATIENCE}
   */
  public long call(int index, Segment... segments) {
    DriverQueue queue = queues[index];
    DriverRequest request = queue.prepare(segments);
    queue.submit(request);
    publish(index);
    if (!runUntil(() -> queue.ready() || faults.containsKey(index)) || !queue.ready()) {
      throw new IllegalStateException("no answer from queue %d: %s".formatted(index, fault(index)));
    }
    DriverRequest done = queue.poll();
    if (done != request) {
      throw new IllegalStateException("%s was answered before %s".formatted(done, request));
    }
    queue.discard(request);
    return request.written();
  }

  /**
   * Waits for something to come about, running a stepped loop meanwhile.
   *
   * @param condition what
   * @return false if it did not in {@link #PATIENCE}
   */
  public boolean runUntil(BooleanSupplier condition) {
    if (stepped != null) {
      return stepped.runUntil(condition, PATIENCE);
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      Thread.onSpinWait();
    }
    return true;
  }

  /**
   * Waits for what the device's life promised.
   *
   * @param stage what
   * @param <T> its value's type
   * @return its value
   * @throws IllegalStateException if it failed, or did not complete in {@link #PATIENCE}
   */
  public <T> T await(CompletionStage<T> stage) {
    var future = stage.toCompletableFuture();
    if (stepped != null && !stepped.inLoop()) {
      stepped.runUntil(future::isDone, PATIENCE);
    }
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Stops a queue.
   *
   * @param index which
   * @return where it stands
   */
  public QueueState stopQueue(int index) {
    return await(lifecycle.stopQueue(index));
  }

  /** Resets the device; queues are to be started anew. */
  public void reset() {
    await(lifecycle.reset());
    Arrays.fill(queues, null);
    faults.clear();
  }

  /**
   * Reads configuration space.
   *
   * @param offset bytes from its start
   * @param length bytes
   * @return a little-endian buffer of that length
   */
  public ByteBuffer config(int offset, int length) {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    device.readConfig(offset, bytes);
    return bytes.flip();
  }

  /**
   * Writes configuration space.
   *
   * @param offset bytes from its start
   * @param bytes what
   */
  public void writeConfig(int offset, byte... bytes) {
    device.writeConfig(offset, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
  }

  /**
   * How often the device interrupted for a queue.
   *
   * @param index which
   * @return since this driver was made
   */
  public int interrupts(int index) {
    return interrupts.get(index);
  }

  /**
   * How often the device said that its configuration changed.
   *
   * @return since this driver was made
   */
  public int configChanges() {
    return configChanges.get();
  }

  /**
   * How a queue broke.
   *
   * @param index which
   * @return null if it did not since the last reset
   */
  public QueueFault fault(int index) {
    return faults.get(index);
  }

  /**
   * How often the device told of a broken queue.
   *
   * @return since this driver was made
   */
  public int faults() {
    return faultCount.get();
  }

  /** Resets the device. The device and the memory stay the caller's. */
  @Override
  public void close() {
    reset();
  }
}
