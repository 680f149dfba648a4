package dev.virtio4j.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.driver.DriverDevice;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.driver.SteppedLoop;
import dev.virtio4j.loop.ThreadDeviceLoop;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MappedRegion;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.Mapping;
import dev.virtio4j.posix.MemoryMap;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.queue.QueueFault;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.queue.RingFeatures;
import dev.virtio4j.testing.EchoDevice;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A front-end truncates the file behind the memory that it shares. */
class TruncatedMemoryTest {
  private static final long BASE = 0x1_0000_0000L;
  private static final int SIZE = 1 << 16;

  @ParameterizedTest
  @ValueSource(booleans = {false, true, false, true, false, true})
  void theProcessLivesAndTheQueueIsBrokenAndStops(boolean packed) throws Exception {
    EchoDevice device = new EchoDevice();
    AtomicReference<QueueFault> fault = new AtomicReference<>();
    DeviceLifecycle.Listener listener =
        new DeviceLifecycle.Listener() {
          @Override
          public void configChanged() {}

          @Override
          public void queueBroken(int queue, QueueFault broken) {
            fault.compareAndSet(null, broken);
          }
        };
    // What MemFd makes cannot shrink; a front-end's file may.
    try (Fd file =
        Fd.of(Libc.check(Libc.memfd_create(Libc.string("shrinks"), 0), "memfd_create"))) {
      Libc.check(Libc.ftruncate(file.value(), SIZE), "ftruncate");
      try (Mapping mapping =
              Mapping.shared(file.value(), 0, SIZE, MemoryMap.PROT_READ | MemoryMap.PROT_WRITE);
          ThreadDeviceLoop loop = ThreadDeviceLoop.start("truncated", Duration.ZERO)) {
        GuestMemory guest =
            GuestMemory.of(MappedRegion.of(BASE, SIZE, mapping.address(), NativeMemory::view));
        // A ring of the same shape tells where its areas are.
        DriverQueue shape =
            DriverQueue.create(
                DriverMemory.direct(BASE, SIZE), 16, new RingFeatures(packed, false, false, false));
        DeviceLifecycle lifecycle = new DeviceLifecycle(device, index -> loop, listener);
        lifecycle.negotiate(packed ? VirtioFeatures.RING_PACKED : 0);
        lifecycle
            .startQueue(0, QueueState.initial(shape.config()), guest, () -> {}, null)
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
        Libc.check(Libc.ftruncate(file.value(), 0), "ftruncate");
        // JDK 17 throws the error anywhere later, where the loop may lose a task to it: all that
        // can be had there is that the process lives.
        boolean precise = Runtime.version().feature() >= 21;
        long deadline = System.nanoTime() + (precise ? 20_000_000_000L : 300_000_000L);
        while (fault.get() == null && System.nanoTime() < deadline) {
          lifecycle.ring(0);
          Thread.onSpinWait();
        }
        if (precise) {
          assertThat(fault.get()).isNotNull();
          assertThat(fault.get().kind()).isEqualTo(QueueFault.Kind.MEMORY_LOST);
          lifecycle.reset().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
      }
    }
  }

  @Test
  void aHandlerThatFindsItInTheMiddleOfAChainLosesThatChainAlone() {
    EchoDevice device = new EchoDevice();
    SteppedLoop loop = new SteppedLoop();
    DriverMemory memory = DriverMemory.direct(BASE, SIZE);
    DriverDevice driver = new DriverDevice(device, memory, loop);
    driver.startQueue(0);
    device.before(
        () -> {
          throw new InternalError("a fault occurred in an unsafe memory access operation");
        });
    DriverRequest request = driver.queue(0).prepare(Segment.readable(BASE + SIZE - 8, 8));
    driver.queue(0).submit(request);
    driver.publish(0);
    assertThat(driver.fault(0).kind()).isEqualTo(QueueFault.Kind.MEMORY_LOST);
    assertThat(driver.stopQueue(0).usedIndex()).isZero();
  }
}
