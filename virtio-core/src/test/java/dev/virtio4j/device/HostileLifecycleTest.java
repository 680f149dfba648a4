package dev.virtio4j.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.driver.DriverDevice;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.PackedDriverQueue;
import dev.virtio4j.driver.PackedRing;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.driver.SplitDriverQueue;
import dev.virtio4j.driver.SteppedLoop;
import dev.virtio4j.queue.QueueConfig;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.testing.EchoDevice;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a hostile driver does to a device's life; T, P and S numbers are hostile cases. */
class HostileLifecycleTest {
  private static final long BASE = 0x4000_0000L;
  private static final int BYTES = 1 << 20;

  private final EchoDevice device = new EchoDevice();
  private final SteppedLoop loop = new SteppedLoop();
  private final DriverMemory memory = DriverMemory.direct(BASE, BYTES);
  private final DriverDevice driver = new DriverDevice(device, memory, loop);

  private void negotiate(boolean packed) {
    driver.negotiate(packed ? VirtioFeatures.RING_PACKED | VirtioFeatures.VERSION_1 : 0);
  }

  private DriverRequest submit(int queue) {
    long at = memory.allocate(16, 8);
    DriverRequest request =
        driver.queue(queue).prepare(Segment.readable(at, 8), Segment.writable(at + 8, 8));
    driver.queue(queue).submit(request);
    driver.queue(queue).publish();
    return request;
  }

  private void echoes(int queue) {
    DriverRequest request = submit(queue);
    driver.kick(queue);
    assertThat(driver.queue(queue).poll()).isSameAs(request);
    assertThat(request.written()).isEqualTo(8);
    driver.queue(queue).discard(request);
  }

  // Set-up that cannot be

  private record Setup(String ids, boolean packed, QueueConfig config) {
    @Override
    public String toString() {
      return ids + (packed ? " (packed)" : " (split)");
    }
  }

  static Stream<Setup> setups() {
    long end = BASE + BYTES;
    return Stream.of(
        new Setup("T0041 size 17", false, new QueueConfig(17, BASE, BASE + 4096, BASE + 8192)),
        new Setup("T0042 size 0", false, new QueueConfig(0, BASE, BASE + 4096, BASE + 8192)),
        new Setup("T0043 size 256", false, new QueueConfig(256, BASE, BASE + 8192, BASE + 16384)),
        new Setup("T0043 size -1", false, new QueueConfig(-1, BASE, BASE + 4096, BASE + 8192)),
        new Setup("T0044 T0086 table", false, new QueueConfig(16, BASE + 8, BASE + 4096, BASE)),
        new Setup("T0045 available", false, new QueueConfig(16, BASE, BASE + 4097, BASE)),
        new Setup("T0046 used", false, new QueueConfig(16, BASE, BASE + 4096, BASE + 8194)),
        new Setup("T0048 S0087 beyond", false, new QueueConfig(16, BASE, BASE + 4096, end)),
        new Setup("T0048 S0088 beyond", false, new QueueConfig(16, end - 240, BASE, BASE + 8192)),
        new Setup("T0048 S0089 beyond", false, new QueueConfig(16, BASE, end - 32, BASE + 8192)),
        new Setup("T0048 wraps", false, new QueueConfig(16, -16, BASE, BASE + 8192)),
        new Setup("T0049 no addresses", false, new QueueConfig(16, 0, 0, 0)),
        new Setup("P0009 ring", true, new QueueConfig(16, BASE + 8, BASE + 4096, BASE + 8192)),
        new Setup("P0009 driver's", true, new QueueConfig(16, BASE, BASE + 4098, BASE + 8192)),
        new Setup("P0009 device's", true, new QueueConfig(16, BASE, BASE + 4096, BASE + 8194)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("setups")
  void aQueueThatCannotBeIsRefusedAndAnotherServes(Setup setup) {
    negotiate(setup.packed);
    QueueState state = QueueState.initial(setup.config);
    assertThatThrownBy(
            () -> driver.lifecycle().startQueue(0, state, memory.guestMemory(), () -> {}, null))
        .isInstanceOf(IllegalArgumentException.class);
    driver.kick(0);
    assertThat(driver.lifecycle().running(0)).isFalse();
    driver.startQueue(1);
    echoes(1);
    driver.reset();
    negotiate(setup.packed);
    driver.startQueue(0);
    echoes(0);
  }

  @Test
  void t0047AllAreasAtOneAddressBreakAtMostThatQueue() {
    QueueConfig config = new QueueConfig(16, BASE + 4096, BASE + 4096, BASE + 4096);
    driver.await(
        driver
            .lifecycle()
            .startQueue(0, QueueState.initial(config), memory.guestMemory(), () -> {}, null));
    driver.kick(0);
    driver.reset();
    driver.startQueue(0);
    driver.startQueue(1);
    echoes(0);
    echoes(1);
  }

  // Order of things

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t0030t0031t0032t0050s0009KicksWithoutARunningQueueDoNothing(boolean packed) {
    driver.kick(0);
    negotiate(packed);
    driver.kick(0);
    assertThat(driver.interrupts(0)).isZero();
    driver.startQueue(1);
    driver.kick(0);
    echoes(1);
    driver.reset();
    driver.kick(1);
    negotiate(packed);
    driver.startQueue(0);
    echoes(0);
  }

  @Test
  void t0037s0020s0025s0030s0075s0077UnknownFeaturesAreRefusedAndOfferedOnesThenTaken() {
    DeviceLifecycle life = driver.lifecycle();
    for (int bit = 0; bit < 64; bit++) {
      if ((device.features() >>> bit & 1) == 0) {
        assertThat(life.negotiate(1L << bit)).as("feature %d", bit).isNotNull();
      }
    }
    assertThat(life.negotiate(-1)).isNotNull();
    driver.reset();
    assertThat(life.negotiate(device.features())).isNull();
  }

  @Test
  void t0079AccessPlatformIsNotOffered() {
    assertThat(driver.lifecycle().negotiate(1L << 33)).isNotNull();
  }

  @Test
  void t0040s0001FeaturesThatComeLateChangeNoLiveQueue() {
    driver.negotiate(VirtioFeatures.EVENT_IDX);
    driver.startQueue(0);
    assertThat(driver.lifecycle().negotiate(VirtioFeatures.RING_PACKED)).isNotNull();
    assertThat(driver.lifecycle().features()).isEqualTo(VirtioFeatures.EVENT_IDX);
    echoes(0);
  }

  @Test
  void t0036s0003s0010s0034AfterAResetOtherFeaturesAndFormatsServe() {
    for (long features :
        new long[] {
          device.features() & ~VirtioFeatures.RING_PACKED,
          0,
          VirtioFeatures.RING_PACKED,
          VirtioFeatures.EVENT_IDX,
          VirtioFeatures.RING_PACKED | VirtioFeatures.EVENT_IDX
        }) {
      driver.negotiate(features & device.features());
      driver.startQueue(0);
      echoes(0);
      driver.reset();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void s0012s0014s0021s0035s0037ResetsInAnyNumberAndPlaceLeaveAGoodDevice(boolean packed) {
    for (int i = 0; i < 50; i++) {
      driver.reset();
      driver.reset();
      negotiate(packed);
      driver.reset();
      negotiate(packed);
      driver.startQueue(0, 2 << i % 6);
      echoes(0);
      driver.reset();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t0123s0005s0008s0029s0053NothingStaleReachesTheRingAfterAReset(boolean packed) {
    negotiate(packed);
    DriverQueue old = driver.startQueue(0);
    device.keeps(true);
    for (int i = 0; i < 5; i++) {
      submit(0);
    }
    driver.kick(0);
    assertThat(device.kept()).isEqualTo(5);
    var reset = driver.lifecycle().reset().toCompletableFuture();
    loop.run();
    assertThat(reset).isNotDone();
    loop.execute(device::release);
    loop.run();
    assertThat(reset).isCompleted();
    for (int i = 0; i < 5; i++) {
      assertThat(old.poll()).isNotNull();
    }
    device.keeps(false);
    negotiate(packed);
    DriverQueue fresh = driver.startQueue(0);
    loop.run();
    assertThat(fresh.poll()).isNull();
    echoes(0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void s0013s0065AQueueThatStartsOrStopsLeavesTheOthersAlone(boolean packed) {
    negotiate(packed);
    driver.startQueue(0);
    for (int i = 0; i < 5; i++) {
      driver.startQueue(1);
      echoes(1);
      echoes(0);
      driver.stopQueue(1);
      driver.kick(1);
      echoes(0);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t0095s0004s0060s0061s0064s0066AQueueStopsAndStartsAgainAlsoWithAnotherSize(boolean packed) {
    negotiate(packed);
    driver.startQueue(0, 64);
    echoes(0);
    QueueState state = driver.stopQueue(0);
    assertThatThrownBy(() -> driver.lifecycle().stopQueue(0))
        .isInstanceOf(IllegalStateException.class);
    // Where it stood, and from the beginning.
    driver.startQueue(0, driver.queue(0), state, null);
    echoes(0);
    driver.stopQueue(0);
    driver.startQueue(0, 16);
    echoes(0);
  }

  @Test
  void s0062AQueueStopsWhenWhatIsInFlightIsDone() {
    driver.startQueue(0);
    device.keeps(true);
    DriverRequest request = submit(0);
    driver.kick(0);
    var stopped = driver.lifecycle().stopQueue(0).toCompletableFuture();
    loop.run();
    assertThat(stopped).isNotDone();
    loop.execute(device::release);
    loop.run();
    assertThat(stopped).isCompleted();
    assertThat(driver.queue(0).poll()).isSameAs(request);
  }

  @Test
  void s0017AQueueThatRunsIsNotStartedTwice() {
    driver.startQueue(0);
    QueueState state = QueueState.initial(driver.queue(0).config());
    assertThatThrownBy(
            () -> driver.lifecycle().startQueue(0, state, memory.guestMemory(), () -> {}, null))
        .isInstanceOf(IllegalStateException.class);
    echoes(0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t0060s0094AChainOfBeforeTheStartIsServedAtTheStartAndNoSooner(boolean packed) {
    negotiate(packed);
    DriverQueue shape = driver.startQueue(0);
    driver.stopQueue(0);
    DriverRequest request = submit(0);
    driver.kick(0);
    assertThat(shape.poll()).isNull();
    QueueState state = QueueState.initial(shape.config());
    driver.startQueue(0, shape, state, null);
    driver.run();
    assertThat(shape.poll()).isSameAs(request);
  }

  @Test
  void s0031s0036s0041s0056s0092ABrokenDeviceIsWholeAfterAReset() {
    for (int i = 0; i < 5; i++) {
      driver.startQueue(0);
      ((SplitDriverQueue) driver.queue(0)).ring().availIndex(1000);
      driver.kick(0);
      assertThat(driver.fault(0)).isNotNull();
      driver.reset();
      driver.negotiate(0);
    }
    driver.startQueue(0);
    echoes(0);
  }

  // Notifications

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t0081t0083KicksOfTwoQueuesInTurnServeBoth(boolean packed) {
    negotiate(packed);
    driver.startQueue(0);
    driver.startQueue(1);
    DriverRequest[] first = {submit(0), submit(1)};
    driver.lifecycle().ring(1);
    driver.lifecycle().ring(0);
    driver.lifecycle().ring(1);
    DriverRequest[] second = {submit(0), submit(1)};
    driver.kick(0);
    for (int i = 0; i < 2; i++) {
      assertThat(driver.queue(i).poll()).isSameAs(first[i]);
      assertThat(driver.queue(i).poll()).isSameAs(second[i]);
    }
  }

  @Test
  void t0093t0097t0112NoInterruptIsSentWhileItIsDeclinedAndOneIsAfterwards() {
    driver.startQueue(0);
    SplitDriverQueue queue = (SplitDriverQueue) driver.queue(0);
    queue.ring().availFlags(1);
    echoes(0);
    assertThat(driver.interrupts(0)).isZero();
    queue.ring().availFlags(0);
    echoes(0);
    assertThat(driver.interrupts(0)).isEqualTo(1);
  }

  @Test
  void s0055AnInterruptIsSentForTheEventThatIsAwaitedAlone() {
    driver.negotiate(VirtioFeatures.EVENT_IDX);
    driver.startQueue(0);
    SplitDriverQueue queue = (SplitDriverQueue) driver.queue(0);
    DriverRequest far = submit(0);
    queue.ring().usedEvent(0x4000);
    driver.kick(0);
    assertThat(queue.ring().usedIndex()).isEqualTo(1);
    assertThat(driver.interrupts(0)).isZero();
    assertThat(queue.poll()).isSameAs(far);
    submit(0);
    queue.ring().usedEvent(1);
    driver.kick(0);
    assertThat(driver.interrupts(0)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void s0022AUsedRingThatNobodyReadsHoldsUpNoRequest(boolean packed) {
    negotiate(packed);
    driver.startQueue(0, 64);
    List<DriverRequest> all = Stream.generate(() -> submit(0)).limit(32).toList();
    driver.kick(0);
    for (DriverRequest request : all) {
      assertThat(driver.queue(0).poll()).isSameAs(request);
    }
  }

  @Test
  void s0006s0007s0076ConfigurationSpaceIsReadAtEveryStage() {
    assertThat(driver.config(0, 8).remaining()).isEqualTo(8);
    driver.negotiate(0);
    driver.startQueue(0);
    device.configure(5);
    for (int i = 0; i < 8; i++) {
      assertThat(driver.config(i, 1).get()).isEqualTo((byte) (i == 7 ? 5 : 0));
    }
    assertThat(driver.config(4, 4).getInt()).isEqualTo(5 << 24);
    driver.reset();
    assertThat(driver.config(0, 8).remaining()).isEqualTo(8);
  }

  // The packed ring

  @Test
  void p0016p0029AMinimalRequestIsServedWhileAnEventIsAwaited() {
    driver.negotiate(VirtioFeatures.RING_PACKED | VirtioFeatures.EVENT_IDX);
    driver.startQueue(0);
    PackedDriverQueue queue = (PackedDriverQueue) driver.queue(0);
    queue.ring().driverEvent(0, true, PackedRing.EVENT_DESC);
    DriverRequest request = queue.prepare(Segment.readable(memory.allocate(16, 16), 1));
    queue.submit(request);
    queue.publish();
    driver.kick(0);
    assertThat(queue.poll()).isSameAs(request);
    assertThat(driver.interrupts(0)).isEqualTo(1);
  }
}
