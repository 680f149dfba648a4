package dev.virtio4j.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.memory.DirtyLog;
import dev.virtio4j.memory.GuestMemory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A migration that copies a page when it is marked, and never again: at the end the copy is what
 * the device wrote, so every mark comes after its stores.
 */
class DirtyLogOfQueueTest {
  private static final long BASE = 0x10_0000L;
  private static final int MEMORY = 1 << 16;

  private final DriverMemory memory = DriverMemory.direct(BASE, MEMORY);
  private final ByteBuffer source = memory.view(BASE, MEMORY);
  private final ByteBuffer copy = ByteBuffer.allocateDirect(MEMORY);

  private void copy(long address, long length) {
    int at = (int) (address - BASE);
    copy.put(at, source, at, (int) length);
  }

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void everythingThatADeviceWritesIsMarkedAfterItWasWritten(boolean packed, boolean eventIdx) {
    for (int at = 0; at < MEMORY; at++) {
      source.put(at, (byte) 0);
    }
    RingFeatures features = new RingFeatures(packed, false, eventIdx, false);
    DriverQueue driver = DriverQueue.create(memory, 8, features);
    DirtyLog log = this::copy;
    GuestMemory logged = memory.guestMemory().withDirtyLog(log);
    Virtqueue queue = Virtqueue.start(QueueState.initial(driver.config()), features, 8, logged);
    long in = memory.allocate(64, 64);
    DriverRequest request = driver.prepare(Segment.writable(in, 64));
    for (int round = 1; round < 100; round++) {
      queue.enableNotifications();
      driver.submit(request);
      driver.publish();
      // What the driver writes the hypervisor sees by itself.
      copy(BASE, MEMORY);
      queue.disableNotifications();
      BufferChain chain = queue.poll();
      chain.writer().writeLong(round);
      queue.complete(chain, 8);
      queue.takeInterrupt();
      queue.enableNotifications();
      assertThat(copy.mismatch(source)).isEqualTo(-1);
      assertThat(driver.poll()).isSameAs(request);
    }
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void dataIsMarkedBeforeTheDriverCanSeeItUsed(boolean packed) {
    RingFeatures features = new RingFeatures(packed, false, false, false);
    DriverQueue driver = DriverQueue.create(memory, 8, features);
    long in = memory.allocate(64, 64);
    boolean[] markedUnused = new boolean[1];
    DirtyLog log =
        (address, length) -> {
          if (address <= in && address + length >= in + 64) {
            markedUnused[0] = !driver.ready();
          }
        };
    GuestMemory logged = memory.guestMemory().withDirtyLog(log);
    Virtqueue queue = Virtqueue.start(QueueState.initial(driver.config()), features, 8, logged);
    driver.submit(driver.prepare(Segment.writable(in, 64)));
    driver.publish();
    BufferChain chain = queue.poll();
    byte[] bytes = new byte[64];
    Arrays.fill(bytes, (byte) 1);
    chain.writer().write(ByteBuffer.wrap(bytes));
    queue.complete(chain, 64);
    assertThat(markedUnused[0]).isTrue();
  }
}
