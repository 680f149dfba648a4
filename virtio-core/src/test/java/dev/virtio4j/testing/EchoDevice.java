package dev.virtio4j.testing;

import dev.virtio4j.device.DeviceContext;
import dev.virtio4j.device.DeviceQueue;
import dev.virtio4j.device.QueueHandler;
import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.queue.BufferChain;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A small device with two queues that copies what it reads to what it writes. It can be told to
 * keep chains until they are released, as a device does that waits for a disk.
 */
public final class EchoDevice implements VirtioDevice {
  /** A feature that changes nothing. */
  public static final long FEATURE = 1;

  /** A feature that needs {@link #FEATURE}. */
  public static final long NEEDY = 2;

  private static final long OFFERED = VirtioFeatures.RINGS | FEATURE | NEEDY;

  private final Deque<Runnable> kept = new ArrayDeque<>();
  private volatile boolean keeps;
  private volatile Runnable before = () -> {};
  private volatile DeviceContext context;
  private final AtomicInteger quiesced = new AtomicInteger();
  private final AtomicInteger resets = new AtomicInteger();
  private volatile long configured;

  /** Makes a device that answers at once. */
  public EchoDevice() {}

  /**
   * Sets whether chains are kept until {@link #release()}.
   *
   * @param newKeeps true to keep what is taken from now on
   */
  public void keeps(boolean newKeeps) {
    keeps = newKeeps;
  }

  /**
   * Sets what is run with each chain in hand.
   *
   * @param action may throw
   */
  public void before(Runnable action) {
    before = action;
  }

  /** Completes everything that was kept, youngest first. On the loop. */
  public void release() {
    while (!kept.isEmpty()) {
      kept.removeLast().run();
    }
  }

  /**
   * How many chains are kept.
   *
   * @return 0 or more
   */
  public int kept() {
    return kept.size();
  }

  /**
   * What the device was handed.
   *
   * @return the context while it is active, else null
   */
  public DeviceContext context() {
    return context;
  }

  /**
   * How often a queue was asked to come to rest.
   *
   * @return 0 or more
   */
  public int quiesced() {
    return quiesced.get();
  }

  /**
   * How often the device was reset.
   *
   * @return 0 or more
   */
  public int resets() {
    return resets.get();
  }

  @Override
  public int deviceId() {
    return 42;
  }

  @Override
  public long features() {
    return OFFERED;
  }

  @Override
  public String featureProblem(long driverFeatures) {
    return (driverFeatures & (FEATURE | NEEDY)) == NEEDY ? "NEEDY needs FEATURE" : null;
  }

  @Override
  public int queues() {
    return 2;
  }

  @Override
  public int maxQueueSize(int index) {
    return 128;
  }

  @Override
  public int configSize() {
    return 8;
  }

  @Override
  public void readConfig(int offset, ByteBuffer target) {
    byte[] bytes = ByteBuffer.allocate(8).putLong(0, configured).array();
    target.put(bytes, offset, target.remaining());
  }

  @Override
  public void activate(DeviceContext newContext) {
    context = newContext;
  }

  @Override
  public QueueHandler startQueue(DeviceQueue queue) {
    return new QueueHandler() {
      @Override
      public void process() {
        for (BufferChain chain = queue.next(); chain != null; chain = queue.next()) {
          BufferChain taken = chain;
          before.run();
          if (keeps) {
            kept.add(() -> echo(queue, taken));
          } else {
            echo(queue, taken);
          }
        }
      }

      @Override
      public void quiesce() {
        quiesced.incrementAndGet();
      }
    };
  }

  private static void echo(DeviceQueue queue, BufferChain chain) {
    long written = 0;
    while (chain.reader().remaining() > 0 && chain.writer().remaining() > 0) {
      chain.writer().writeByte(chain.reader().readByte());
      written++;
    }
    queue.complete(chain, written);
  }

  /**
   * Changes the configuration space.
   *
   * @param value its 8 bytes, big-endian
   */
  public void configure(long value) {
    configured = value;
    context.configChanged();
  }

  @Override
  public CompletionStage<Void> reset() {
    resets.incrementAndGet();
    context = null;
    return CompletableFuture.completedStage(null);
  }
}
