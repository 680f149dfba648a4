package dev.virtio4j.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.driver.DriverDevice;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.driver.SplitDriverQueue;
import dev.virtio4j.driver.SteppedLoop;
import dev.virtio4j.loop.ThreadDeviceLoop;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.queue.QueueConfig;
import dev.virtio4j.queue.QueueFault;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.queue.RingFeatures;
import dev.virtio4j.testing.EchoDevice;
import dev.virtio4j.testing.Normative;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceLifecycleTest {
  private static final String BASIC = "Basic Facilities of a Virtio Device / ";
  private static final long BASE = 0x4000_0000L;

  private final EchoDevice device = new EchoDevice();
  private final SteppedLoop loop = new SteppedLoop();
  private final DriverMemory memory = DriverMemory.direct(BASE, 1 << 20);
  private final DriverDevice driver = new DriverDevice(device, memory, loop);

  private long echo(int queue, long value) {
    long at = memory.allocate(16, 8);
    memory.view(at, 16).putLong(0, value);
    assertThat(driver.call(queue, Segment.readable(at, 8), Segment.writable(at + 8, 8)))
        .isEqualTo(8);
    return memory.view(at, 16).getLong(8);
  }

  private DriverRequest submit(int queue, long value) {
    long at = memory.allocate(16, 8);
    memory.view(at, 16).putLong(0, value);
    DriverRequest request =
        driver.queue(queue).prepare(Segment.readable(at, 8), Segment.writable(at + 8, 8));
    driver.queue(queue).submit(request);
    driver.publish(queue);
    return request;
  }

  @ParameterizedTest
  @ValueSource(longs = {0, VirtioFeatures.RING_PACKED, VirtioFeatures.EVENT_IDX, -1})
  void aDeviceServesWhatItsDriverAsks(long features) {
    driver.negotiate(features & device.features());
    driver.startQueue(0);
    driver.startQueue(1, 16);
    for (int i = 0; i < 1000; i++) {
      assertThat(echo(i & 1, i)).isEqualTo(i);
    }
    assertThat(driver.interrupts(0)).isPositive();
    QueueCounters counters = driver.await(driver.lifecycle().counters(0));
    assertThat(counters.chains()).isEqualTo(500);
    assertThat(counters.completed()).isEqualTo(500);
    assertThat(counters.kicks()).isEqualTo(500);
    assertThat(counters.interrupts() + counters.suppressed()).isEqualTo(500);
    assertThat(counters.inFlight()).isZero();
  }

  @Test
  @Normative(BASIC + "Feature Bits:2")
  void featuresThatWereNotOfferedOrDoNotGoTogetherAreRefused() {
    assertThat(driver.lifecycle().negotiate(1L << 50)).contains("0x4000000000000");
    assertThat(driver.lifecycle().negotiate(EchoDevice.NEEDY)).isEqualTo("NEEDY needs FEATURE");
    assertThat(driver.lifecycle().negotiate(EchoDevice.NEEDY | EchoDevice.FEATURE)).isNull();
    assertThat(driver.lifecycle().negotiate(EchoDevice.FEATURE)).isNull();
    assertThat(driver.lifecycle().features()).isEqualTo(EchoDevice.FEATURE);
  }

  @Test
  void featuresStayWhileTheDeviceIsActive() {
    driver.negotiate(EchoDevice.FEATURE);
    driver.startQueue(0);
    assertThat(driver.lifecycle().negotiate(0)).contains("cannot change");
    assertThat(driver.lifecycle().negotiate(EchoDevice.FEATURE)).isNull();
    assertThat(device.context().features()).isEqualTo(EchoDevice.FEATURE);
  }

  @Test
  @Normative(BASIC + "Feature Bits:4")
  @Normative(BASIC + "Device Reset:2")
  void afterAResetTheSameFeaturesAndQueuesCanBeHadAgain() {
    for (int i = 1; i <= 5; i++) {
      driver.negotiate(VirtioFeatures.RING_PACKED | VirtioFeatures.VERSION_1);
      DriverQueue queue = driver.startQueue(0);
      assertThat(echo(0, i)).isEqualTo(i);
      int interrupts = driver.interrupts(0);
      driver.reset();
      assertThat(device.resets()).isEqualTo(i);
      assertThat(device.context()).isNull();
      assertThat(driver.lifecycle().features()).isZero();
      assertThat(driver.lifecycle().running(0)).isFalse();
      long at = memory.allocate(8, 8);
      queue.submit(queue.prepare(Segment.readable(at, 8)));
      queue.publish();
      driver.kick(0);
      assertThat(queue.poll()).isNull();
      assertThat(driver.interrupts(0)).isEqualTo(interrupts);
    }
  }

  @Test
  @Normative(BASIC + "Device Reset:2")
  void aResetReachesADeviceThatWasNeverActive() {
    driver.reset();
    assertThat(device.resets()).isEqualTo(1);
  }

  @Test
  void aQueueThatFailedToStopHoldsUpNoReset() {
    ThreadDeviceLoop own = ThreadDeviceLoop.start("own", Duration.ZERO);
    DeviceLifecycle life =
        new DeviceLifecycle(device, index -> index == 0 ? loop : own, new Silent());
    DriverQueue first = DriverQueue.create(memory, 16, RingFeatures.of(0));
    DriverQueue second = DriverQueue.create(memory, 16, RingFeatures.of(0));
    GuestMemory guest = memory.guestMemory();
    life.startQueue(1, QueueState.initial(second.config()), guest, () -> {}, null)
        .toCompletableFuture()
        .join();
    own.close();
    assertThat(life.stopQueue(1).toCompletableFuture()).isCompletedExceptionally();

    var started = life.startQueue(0, QueueState.initial(first.config()), guest, () -> {}, null);
    loop.run();
    assertThat(started.toCompletableFuture()).isCompleted();
    var swapped = life.memory(GuestMemory.of(memory.region())).toCompletableFuture();
    loop.run();
    assertThat(swapped).isCompleted();
    var reset = life.reset().toCompletableFuture();
    loop.run();
    assertThat(reset).isCompleted();
    assertThat(device.resets()).isEqualTo(1);
  }

  @Test
  void aQueueGoesOnWhenItsMemoryCouldNotBeSwapped() {
    driver.startQueue(0);
    var swapped = driver.lifecycle().memory(null).toCompletableFuture();
    loop.run();
    assertThat(swapped).isCompletedExceptionally();
    assertThat(echo(0, 3)).isEqualTo(3);
  }

  private static final class Silent implements DeviceLifecycle.Listener {
    @Override
    public void configChanged() {}

    @Override
    public void queueBroken(int queue, QueueFault fault) {}
  }

  @Test
  @Normative(BASIC + "Device Configuration Space:1")
  void configurationSpaceCanBeReadBeforeAnythingElse() {
    assertThat(driver.config(0, 8).getLong(0)).isZero();
    assertThat(driver.config(5, 3).remaining()).isEqualTo(3);
  }

  @Test
  void changesOfConfigurationAreToldOf() {
    driver.startQueue(0);
    device.configure(7);
    assertThat(driver.configChanges()).isEqualTo(1);
    assertThat(driver.config(7, 1).get()).isEqualTo((byte) 7);
  }

  @Test
  @Normative(BASIC + "Virtqueues / Virtqueue Reset / Virtqueue Reset:1")
  @Normative(BASIC + "Virtqueues / Virtqueue Reset / Virtqueue Reset:2")
  @Normative(BASIC + "Virtqueues / Virtqueue Reset / Virtqueue Re-enable:1")
  void queuesStopAndStartOneByOneAndWithAnotherSize() {
    driver.startQueue(0, 64);
    driver.startQueue(1, 64);
    for (int size = 2; size <= 128; size *= 2) {
      DriverQueue old = driver.queue(0);
      assertThat(echo(0, size)).isEqualTo(size);
      driver.stopQueue(0);
      assertThat(echo(1, size)).isEqualTo(size);
      long at = memory.allocate(8, 8);
      old.submit(old.prepare(Segment.readable(at, 8)));
      old.publish();
      driver.kick(0);
      assertThat(old.poll()).isNull();
      driver.startQueue(0, size);
    }
    assertThat(echo(0, 9)).isEqualTo(9);
  }

  @Test
  @Normative(BASIC + "Device Status Field:1")
  void aChainOfBeforeTheStartIsServedAtTheStart() {
    DriverQueue queue = DriverQueue.create(memory, 16, RingFeatures.of(0));
    long at = memory.allocate(16, 8);
    memory.view(at, 16).putLong(0, 5);
    DriverRequest request = queue.prepare(Segment.readable(at, 8), Segment.writable(at + 8, 8));
    queue.submit(request);
    queue.publish();
    driver.kick(0);
    assertThat(queue.poll()).isNull();
    driver.startQueue(0, queue, QueueState.initial(queue.config()), null);
    driver.run();
    assertThat(queue.poll()).isSameAs(request);
  }

  @Test
  void aQueueStopsWhenWhatIsInFlightHasBeenGivenBack() {
    driver.startQueue(0);
    device.keeps(true);
    DriverRequest first = submit(0, 1);
    DriverRequest second = submit(0, 2);
    CompletableFuture<QueueState> stopped = driver.lifecycle().stopQueue(0).toCompletableFuture();
    assertThat(driver.lifecycle().running(0)).isFalse();
    loop.run();
    assertThat(device.quiesced()).isEqualTo(1);
    assertThat(stopped).isNotDone();
    DriverRequest late = submit(0, 3);
    assertThatThrownBy(
            () ->
                driver.startQueue(
                    0, driver.queue(0), QueueState.initial(driver.queue(0).config()), null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("has not stopped");
    assertThatThrownBy(() -> driver.lifecycle().stopQueue(0))
        .isInstanceOf(IllegalStateException.class);
    loop.execute(device::release);
    loop.run();
    assertThat(stopped).isCompleted();
    assertThat(stopped.join().availIndex()).isEqualTo(2);
    assertThat(stopped.join().usedIndex()).isEqualTo(2);
    assertThat(driver.queue(0).poll()).isSameAs(second);
    assertThat(driver.queue(0).poll()).isSameAs(first);
    assertThat(driver.queue(0).poll()).isNull();
    assertThat(driver.interrupts(0)).isPositive();

    device.keeps(false);
    driver.startQueue(0, driver.queue(0), stopped.join(), null);
    driver.run();
    assertThat(driver.queue(0).poll()).isSameAs(late);
  }

  @Test
  void aResetWaitsForAQueueThatIsStopping() {
    driver.startQueue(0);
    device.keeps(true);
    submit(0, 1);
    var stopped = driver.lifecycle().stopQueue(0).toCompletableFuture();
    var reset = driver.lifecycle().reset().toCompletableFuture();
    loop.run();
    assertThat(reset).isNotDone();
    assertThat(device.resets()).isZero();
    loop.execute(device::release);
    loop.run();
    assertThat(stopped).isCompleted();
    assertThat(reset).isCompleted();
    assertThat(device.resets()).isEqualTo(1);
  }

  @Test
  void memoryIsSwappedWhenNothingIsInFlightAndTheLastSnapshotStays() {
    driver.startQueue(0);
    device.keeps(true);
    DriverRequest request = submit(0, 1);
    GuestMemory second = GuestMemory.of(memory.region());
    GuestMemory none = GuestMemory.empty();
    var emptied = driver.lifecycle().memory(none).toCompletableFuture();
    var swapped = driver.lifecycle().memory(second).toCompletableFuture();
    loop.run();
    assertThat(swapped).isNotDone();
    assertThat(emptied).isNotDone();
    loop.execute(device::release);
    loop.run();
    assertThat(swapped).isCompleted();
    assertThat(emptied).isCompleted();
    assertThat(driver.queue(0).poll()).isSameAs(request);
    device.keeps(false);
    assertThat(driver.faults()).isZero();
    assertThat(echo(0, 3)).isEqualTo(3);
  }

  @Test
  void aStopDuringAMemorySwapLeavesTheQueueStopped() {
    driver.startQueue(0);
    device.keeps(true);
    submit(0, 1);
    var swapped = driver.lifecycle().memory(GuestMemory.of(memory.region())).toCompletableFuture();
    var stopped = driver.lifecycle().stopQueue(0).toCompletableFuture();
    loop.run();
    device.keeps(false);
    submit(0, 2);
    loop.execute(device::release);
    loop.run();
    assertThat(swapped).isCompleted();
    assertThat(stopped).isCompleted();
    assertThat(driver.queue(0).poll()).isNotNull();
    driver.kick(0);
    assertThat(driver.queue(0).poll()).isNull();
  }

  @Test
  void memoryWithoutTheRingBreaksTheQueueOnce() {
    driver.startQueue(0);
    driver.startQueue(1);
    driver.await(driver.lifecycle().memory(GuestMemory.empty()));
    assertThat(driver.fault(0).kind()).isEqualTo(QueueFault.Kind.ADDRESS);
    assertThat(driver.fault(1).kind()).isEqualTo(QueueFault.Kind.ADDRESS);
    driver.kick(0);
    driver.await(driver.lifecycle().memory(memory.guestMemory()));
    driver.kick(0);
    assertThat(driver.faults()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBrokenQueueIsToldOfOnceAndLivesAgainAfterAReset(boolean memoryLost) {
    driver.startQueue(0);
    driver.startQueue(1);
    SplitDriverQueue broken = (SplitDriverQueue) driver.queue(0);
    if (memoryLost) {
      device.before(
          () -> {
            throw new InternalError("a fault occurred in an unsafe memory access operation");
          });
      submit(0, 1);
      device.before(() -> {});
      assertThat(driver.fault(0).kind()).isEqualTo(QueueFault.Kind.MEMORY_LOST);
    } else {
      broken.ring().availIndex(1000);
      driver.kick(0);
      assertThat(driver.fault(0).kind()).isEqualTo(QueueFault.Kind.AVAILABLE_INDEX);
    }
    for (int i = 0; i < 10; i++) {
      driver.kick(0);
      assertThat(echo(1, i)).isEqualTo(i);
    }
    assertThat(driver.faults()).isEqualTo(1);
    driver.reset();
    driver.startQueue(0);
    assertThat(echo(0, 1)).isEqualTo(1);
  }

  @Test
  void aHandlerThatThrowsBreaksItsQueueWhichStillStops() {
    driver.startQueue(0);
    device.keeps(true);
    submit(0, 1);
    device.before(
        () -> {
          throw new IllegalStateException("a bug");
        });
    submit(0, 2);
    assertThat(driver.fault(0).kind()).isEqualTo(QueueFault.Kind.DEVICE_FAILED);
    assertThat(driver.fault(0).detail()).contains("a bug");
    var stopped = driver.lifecycle().stopQueue(0).toCompletableFuture();
    loop.run();
    assertThat(stopped).isNotDone();
    loop.execute(device::release);
    loop.run();
    assertThat(stopped).isCompleted();
    assertThat(driver.queue(0).poll()).isNull();
  }

  @Test
  void spuriousRingsDoNoHarm() {
    driver.kick(0);
    DriverQueue queue = driver.startQueue(0);
    for (int i = 0; i < 100; i++) {
      driver.kick(0);
    }
    assertThat(queue.poll()).isNull();
    assertThat(echo(0, 1)).isEqualTo(1);
  }

  @Test
  void aQueueThatCannotBeDoesNotActivateTheDevice() {
    QueueConfig config = new QueueConfig(7, BASE, BASE, BASE);
    assertThatThrownBy(
            () ->
                driver
                    .lifecycle()
                    .startQueue(
                        0, QueueState.initial(config), memory.guestMemory(), () -> {}, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("queue size 7 of a split ring is not a power of two");
    assertThat(device.context()).isNull();
    assertThat(driver.lifecycle().running(0)).isFalse();
  }
}
