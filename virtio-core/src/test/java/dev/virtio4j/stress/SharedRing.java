package dev.virtio4j.stress;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.queue.BufferChain;
import dev.virtio4j.queue.QueueConfig;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.queue.RingFeatures;
import dev.virtio4j.queue.Virtqueue;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Both ends of one small ring in one direct buffer, at the point where the driver is about to make
 * a request available for the second time: neither side wants notifications.
 */
class SharedRing {
  /** What the driver writes into the request, besides 0. */
  static final long PAYLOAD = 0x1122_3344_5566_7788L;

  private static final int SLOTS = 1 << 13;
  private static final int SLOT = 512;
  private static final int SIZE = 4;
  private static final long BASE = 0x1_0000_0000L;

  /** One memory for all states: a buffer each would be most of the work. */
  private static final DriverMemory MEMORY = DriverMemory.direct(BASE, SLOTS * SLOT);

  private static final AtomicInteger NEXT = new AtomicInteger();

  final ByteBuffer data;
  final DriverQueue driver;
  final Virtqueue device;
  final DriverRequest request;
  private BufferChain chain;

  SharedRing(boolean packed, boolean eventIdx) {
    long slot = BASE + (long) SLOT * (NEXT.getAndIncrement() & (SLOTS - 1));
    ByteBuffer bytes = MEMORY.view(slot, SLOT);
    for (int i = 0; i < SLOT; i += 8) {
      bytes.putLong(i, 0);
    }
    RingFeatures features = new RingFeatures(packed, false, eventIdx, false);
    QueueConfig config = new QueueConfig(SIZE, slot, slot + 128, slot + 256);
    data = MEMORY.view(slot + 384, 128);
    driver = DriverQueue.over(MEMORY, config, features);
    device = Virtqueue.start(QueueState.initial(config), features, SIZE, MEMORY.guestMemory());
    request = driver.prepare(Segment.readable(slot + 384, 8), Segment.writable(slot + 392, 8));
    device.disableNotifications();
    driver.submit(request);
    driver.publish();
    device.complete(device.poll(), 0);
    device.takeInterrupt();
    driver.poll();
    driver.disableInterrupts();
  }

  /** The driver's part: returns 1 if it kicks. */
  int publish() {
    driver.submit(request);
    return driver.publish() ? 1 : 0;
  }

  /** The device's part: returns 1 if it sleeps. */
  int sleep() {
    return device.enableNotifications() ? 1 : 0;
  }

  /** Before the two meet: the device has a chain. */
  void take() {
    publish();
    chain = device.poll();
  }

  /** The device's part: returns 1 if it interrupts. */
  int use() {
    device.complete(chain, 8);
    return device.takeInterrupt() ? 1 : 0;
  }

  /** The driver's part: returns 1 if it waits for an interrupt. */
  int await() {
    return driver.enableInterrupts() ? 1 : 0;
  }

  /** The driver's part: a payload, and then the request. */
  void send() {
    data.putLong(0, PAYLOAD);
    publish();
  }

  /** The device's part: 0 if there is no request, 1 if it is whole, 2 if it is not. */
  int receive() {
    BufferChain taken = device.poll();
    if (taken == null) {
      return device.fault() == null ? 0 : 2;
    }
    boolean whole =
        taken.segments() == 2
            && taken.readableBytes() == 8
            && taken.writableBytes() == 8
            && taken.reader().readLong() == PAYLOAD;
    return whole ? 1 : 2;
  }

  /** The device's part: an answer, and then its completion. */
  void answer() {
    chain.writer().writeLong(PAYLOAD);
    device.complete(chain, 8);
  }

  /** The driver's part: 0 if there is no answer, 1 if it is whole, 2 if it is not. */
  int read() {
    DriverRequest done = driver.poll();
    if (done == null) {
      return 0;
    }
    return done == request && done.written() == 8 && data.getLong(8) == PAYLOAD ? 1 : 2;
  }
}
