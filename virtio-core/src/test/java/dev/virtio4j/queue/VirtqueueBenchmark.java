package dev.virtio4j.queue;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.memory.DirtyLog;
import dev.virtio4j.memory.GuestMemory;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one request costs the queues: the device's end alone takes and gives back a chain of three
 * descriptors, the driver's end submits it and polls for it, both on one thread, 32 at a time.
 *
 * <p>From the root of the project, after {@code mvn test-compile}:
 *
 * <pre>
 * mvn -q -o dependency:build-classpath -pl virtio-core -Dmdep.outputFile=/tmp/cp
 * java -cp virtio-core/target/test-classes:virtio-core/target/classes:$(cat /tmp/cp) \
 *     org.openjdk.jmh.Main VirtqueueBenchmark -prof gc
 * </pre>
 *
 * <p>{@code gc.alloc.rate.norm} must read about 0 B/op.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class VirtqueueBenchmark {
  private static final int BATCH = 32;

  /** The ring format. */
  @Param({"split", "packed"})
  public String ring;

  /** Whether requests are indirect tables. */
  @Param({"false", "true"})
  public boolean indirect;

  /** What the queue keeps besides: nothing, an inflight log, or a dirty log. */
  @Param({"none", "inflight", "dirty"})
  public String log;

  private final DriverRequest[] requests = new DriverRequest[BATCH];
  private DriverQueue driver;
  private Virtqueue device;
  private long marked;

  /** Makes both ends. */
  @Setup
  public void start() {
    boolean packed = ring.equals("packed");
    DriverMemory memory = DriverMemory.direct(0x1_0000_0000L, 1 << 20);
    driver = DriverQueue.create(memory, 256, new RingFeatures(packed, indirect, true, false));
    QueueState state = QueueState.initial(driver.config());
    DirtyLog marks = (address, length) -> marked += length;
    GuestMemory guest =
        log.equals("dirty") ? memory.guestMemory().withDirtyLog(marks) : memory.guestMemory();
    InflightLog inflight =
        log.equals("inflight")
            ? InflightLog.open(
                ByteBuffer.allocateDirect(InflightLog.bytes(packed, 256)), packed, state, guest)
            : null;
    device = Virtqueue.start(state, driver.features(), 256, guest, inflight);
    device.disableNotifications();
    driver.disableInterrupts();
    for (int i = 0; i < BATCH; i++) {
      Segment[] segments = {
        Segment.readable(memory.allocate(16, 16), 16),
        Segment.writable(memory.allocate(4096, 4096), 4096),
        Segment.writable(memory.allocate(1, 1), 1)
      };
      requests[i] = indirect ? driver.prepareIndirect(segments) : driver.prepare(segments);
    }
  }

  /**
   * A batch, there and back.
   *
   * @return how many interrupts were due
   */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public long submitTakeUsePoll() {
    for (DriverRequest request : requests) {
      driver.submit(request);
    }
    driver.publish();
    for (BufferChain chain = device.poll(); chain != null; chain = device.poll()) {
      device.complete(chain, 4097);
    }
    long interrupts = device.takeInterrupt() ? 1 : 0;
    for (DriverRequest done = driver.poll(); done != null; done = driver.poll()) {
      interrupts += done.written() == 4097 ? 0 : 1000;
    }
    return interrupts + (marked & 0);
  }
}
