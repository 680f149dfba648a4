package dev.virtio4j.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.loop.Await;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.posix.EventFd;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.UnixSocket;
import dev.virtio4j.vhostuser.client.BackEndException;
import dev.virtio4j.vhostuser.client.DirtyLogFile;
import dev.virtio4j.vhostuser.client.FrontEndQueue;
import dev.virtio4j.vhostuser.client.FrontEndSession;
import dev.virtio4j.vhostuser.client.RawFrontEnd;
import dev.virtio4j.vhostuser.client.RawMessage;
import dev.virtio4j.vhostuser.client.SharedRegion;
import dev.virtio4j.vhostuser.client.VhostUserClient;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import dev.virtio4j.vhostuser.protocol.MemoryRegionDescription;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import dev.virtio4j.vhostuser.protocol.VringState;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
class VhostUserServerTest {
  private static final Duration MOMENT = Duration.ofMillis(100);
  private static final int NEEDS_RESET = 0x40;

  @TempDir Path folder;
  private Served served;
  private long descriptors;

  @BeforeEach
  void serve() {
    served = new Served(folder);
    descriptors = Served.descriptors();
  }

  @AfterEach
  void closeAndLookForWhatIsLeft() {
    served.device.release();
    served.awaitFree();
    Await.until("descriptors are closed", () -> Served.descriptors() <= descriptors);
    served.close();
    assertThat(served.socket).doesNotExist();
  }

  @Test
  void echoesOnAllRingsAndGoesOnWithTheNextFrontEnd() {
    served.servesWell();
    served.servesWell();
    assertThat(served.export().metrics().toCompletableFuture().join())
        .anySatisfy(
            metric -> {
              assertThat(metric.name()).isEqualTo("virtio_queue_chains_total");
              assertThat(metric.labels())
                  .containsEntry("queue", "0")
                  .containsEntry("export", "echo");
              assertThat(metric.value()).isGreaterThan(4 * EchoDevice.QUEUE_SIZE);
            });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWasMadeAvailableBeforeTheRingWasEnabledIsServed(boolean packed) {
    try (Served.FrontEnd front = served.start(packed)) {
      front.echo(0, 1);
      front.session.client().setRingEnabled(0, false);
      DriverRequest request = front.submit(0, 77);
      assertThat(served.export().connected()).isTrue();
      assertThat(front.queue(0).ring().ready()).isFalse();
      front.echo(1, 2);
      assertThat(front.queue(0).ring().ready()).isFalse();

      front.session.client().setRingEnabled(0, true);

      assertThat(front.await(0)).isSameAs(request);
      assertThat(front.answer(request)).isEqualTo(77);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stoppingARingFinishesWhatIsInFlightAndTellsWhereItStands(boolean packed) {
    try (Served.FrontEnd front = served.start(packed)) {
      front.echo(0, 1);
      served.device.hold();
      DriverRequest request = front.submit(0, 5);
      Await.until("the request is in flight", () -> served.device.held(0) == 1);
      RawFrontEnd raw = front.session.client().raw();
      raw.send(FrontendRequest.GET_VRING_BASE.id(), state(0, 0));
      // What comes behind waits.
      raw.send(FrontendRequest.GET_FEATURES.id(), new byte[0]);
      assertThat(raw.awaitReadable(MOMENT)).isFalse();

      served.device.release();

      try (RawMessage reply = raw.receive()) {
        assertThat(reply.request()).isEqualTo(FrontendRequest.GET_VRING_BASE.id());
        assertThat(reply.flags()).isEqualTo(MessageHeader.VERSION | MessageHeader.REPLY);
        int base = packed ? 0x8004_8004 : 2;
        assertThat(reply.u32(4)).isEqualTo(base);
      }
      try (RawMessage reply = raw.receive()) {
        assertThat(reply.request()).isEqualTo(FrontendRequest.GET_FEATURES.id());
      }
      assertThat(front.await(0)).isSameAs(request);
      front.queue(0).start(front.session.client(), packed ? 0x8004_8004 : 2);
      front.echo(0, 9);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void statusZeroQuiescesAndRingBasesLive(boolean packed) {
    try (Served.FrontEnd front = served.start(packed)) {
      VhostUserClient client = front.session.client();
      client.setStatus(0xf);
      assertThat(client.status()).isEqualTo(0xf);
      front.echo(0, 1);
      client.setStatus(0);
      front.submit(0, 2);
      assertThat(client.status()).isZero();
      assertThat(front.queue(0).ring().ready()).isFalse();
      int base = client.stopRing(0);
      assertThat(base).isEqualTo(packed ? 0x8002_8002 : 1);
      front.queue(0).start(client, base);
      assertThat(front.answer(front.await(0))).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBrokenRingTellsAndTheOtherGoesOn(boolean packed) {
    try (Served.FrontEnd front = served.start(packed)) {
      VhostUserClient client = front.session.client();
      front.echo(0, 1);
      // A descriptor of no memory at all.
      DriverRequest request =
          front.queue(0).ring().prepare(Segment.readable(0xdead_0000L, Long.BYTES));
      front.queue(0).ring().submit(request);
      front.queue(0).ring().publish();
      front.queue(0).kick();

      Await.until("the error was told", front.queue(0)::takeBroken);
      assertThat(client.status() & NEEDS_RESET).isEqualTo(NEEDS_RESET);
      front.echo(1, 3);
      client.stopRing(0);
      assertThat(client.status() & NEEDS_RESET).isZero();
    }
    served.servesWell();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void packedIndicesComeFromTheInflightAreaAndNotFromTheBase(boolean packed) {
    try (Served.FrontEnd front = new Served.FrontEnd(served.session(packed))) {
      front.session.trackInflight(EchoDevice.QUEUES, EchoDevice.QUEUE_SIZE);
      front.session.start();
      for (int i = 0; i < 7; i++) {
        front.echo(0, i);
      }
      front.session.reconnect(Served.PATIENCE);
      for (int i = 0; i < EchoDevice.QUEUE_SIZE; i++) {
        front.echo(0, 100 + i);
        front.echo(1, 100 + i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theDirtyLogHasWhatWasWrittenWhileItWasAskedFor(boolean packed) {
    try (Served.FrontEnd front = served.start(packed)) {
      front.echo(0, 1);
      DirtyLogFile log = front.session.logWrites();
      DriverRequest request = front.submit(0, 2);
      front.await(0);
      assertThat(log.dirty(request.tag())).isTrue();
      assertThat(log.dirty(front.queue(0).ring().config().deviceArea())).isTrue();
      assertThat(log.dirty(front.memory.guestAddress() + Served.MEMORY - 1)).isFalse();
      front.queue(0).ring().discard(request);

      front.session.stopLogging();
      front.echo(0, 3);
    }
  }

  @Test
  void anInterruptIsRaisedWhenItsDescriptorIsSetOnARunningRing() {
    try (Served.FrontEnd front = served.start(false);
        EventFd call = EventFd.create()) {
      front.session.client().setRingCall(0, call.descriptor());
      assertThat(call.take()).isEqualTo(1);
    }
  }

  @Test
  void anInterruptThroughASocketIsEightBytes() {
    Fd[] pair = UnixSocket.pair();
    try (Fd mine = pair[0];
        Fd theirs = pair[1];
        Served.FrontEnd front = served.connect(false)) {
      front.session.start();
      front.session.client().setRingCall(0, theirs.value());
      ByteBuffer bytes = NativeMemory.allocate(64, 8);
      Fd.nonBlocking(mine.value());
      assertThat(Libc.read(mine.value(), NativeMemory.address(bytes), 64)).isEqualTo(8);
      assertThat(bytes.getLong(0)).isEqualTo(1);
      front.queue(0).ring().enableInterrupts();
      front.echo(0, 4);
      long address = NativeMemory.address(bytes);
      Await.until("an interrupt", () -> Libc.read(mine.value(), address, 64) == 8);
    }
  }

  @Test
  void aChangedConfigurationIsToldAndRead() {
    try (Served.FrontEnd front = served.connect(false)) {
      VhostUserClient client = front.session.client();
      client.openBackEndRequests();
      front.session.start();
      assertThat(config(client)).isEqualTo(0xcafe);
      served.device.changeConfig(0xbeef);
      assertThat(client.serveBackEndRequest(Served.PATIENCE)).isTrue();
      assertThat(client.configChanges()).isEqualTo(1);
      assertThat(config(client)).isEqualTo(0xbeef);
      client.writeConfig(0, new byte[] {1, 2, 3, 4, 5});
      assertThat(config(client)).isEqualTo(0xbeef);
      assertThat(served.device.writtenConfig()).isEqualTo((byte) 5);
      assertThat(client.readConfig(0, 60)).hasSize(60);
    }
  }

  private static int config(VhostUserClient client) {
    return ByteBuffer.wrap(client.readConfig(0, 4)).order(ByteOrder.LITTLE_ENDIAN).getInt();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ringsRunFromTheStartWithoutProtocolFeatures(boolean packed) {
    try (Served.FrontEnd front = served.connect(packed)) {
      front.session.client().setFeatures(Served.features(packed) & front.session.features());
      front
          .session
          .client()
          .setFeatures(front.session.features() & ~ProtocolFeatures.F_PROTOCOL_FEATURES);
      front.session.start();
      front.echo(0, 6);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void memoryComesAndGoesWhileRingsRun(boolean packed) {
    try (Served.FrontEnd front = served.start(packed);
        DriverMemory more = DriverMemory.shared(0x8000_0000L, 1 << 16)) {
      SharedRegion region = region(more);
      for (int i = 0; i < 5; i++) {
        front.session.client().addMemory(region);
        front.echo(0, i);
        front.session.client().removeMemory(region);
        front.echo(1, i);
      }
    }
  }

  private static SharedRegion region(DriverMemory memory) {
    return new SharedRegion(
        memory.descriptor(),
        new MemoryRegionDescription(
            memory.guestAddress(), memory.size(), memory.region().nativeAddress(), 0));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDriverThatIsLoadedAnewStartsItsRingsAgain(boolean packed) {
    try (Served.FrontEnd front = new Served.FrontEnd(served.umlSession(packed))) {
      VhostUserClient client = front.session.client();
      front.session.start();
      front.echo(0, 1);
      client.setRingEnabled(0, false);
      client.setRingEnabled(1, false);
      assertThat(client.getFeatures()).isNotZero();
      client.setFeatures(client.features());
      front.session.addQueue(EchoDevice.QUEUE_SIZE);
      try (FrontEndQueue again = new FrontEndQueue(0, front.queue(2).ring())) {
        // User-mode Linux sends 0 as the base of a packed ring.
        again.start(client, 0);
        DriverRequest request = front.put(2, 8);
        again.kick();
        assertThat(front.await(2)).isSameAs(request);
      }
    }
  }

  @Test
  void umlsMemoryTableHasRoomForMoreThanItCounts() {
    try (Served.FrontEnd front = served.connect(false);
        DriverMemory memory = DriverMemory.shared(Served.GUEST_ADDRESS, 1 << 16)) {
      ByteBuffer payload = ByteBuffer.allocate(72).order(ByteOrder.nativeOrder());
      payload.putInt(1).putInt(0);
      region(memory).description().write(payload);
      RawFrontEnd raw = front.session.client().raw();
      raw.sendMessage(
          FrontendRequest.SET_MEM_TABLE.id(),
          MessageHeader.VERSION | MessageHeader.NEED_REPLY,
          72,
          payload.array(),
          memory.descriptor());
      try (RawMessage reply = raw.receive()) {
        assertThat(reply.u64(0)).isZero();
        assertThat(reply.flags()).isEqualTo(5);
      }
    }
  }

  @Test
  void resettingTheDeviceForgetsItsRings() {
    try (Served.FrontEnd front = served.start(true)) {
      front.echo(0, 1);
      front.session.client().resetDevice();
      assertThat(front.session.client().stopRing(0)).isZero();
    }
    served.servesWell();
  }

  @Test
  void aSecondFrontEndIsTurnedAwayAndTheFirstGoesOn() {
    try (Served.FrontEnd front = served.start(false)) {
      front.echo(0, 1);
      try (RawFrontEnd second = served.raw()) {
        assertThat(second.awaitHangUp(Served.PATIENCE)).isTrue();
      }
      front.echo(0, 2);
    }
    served.servesWell();
  }

  @Test
  void aFrontEndThatTookTheDeadOnesPlaceWaitsForItsRequests() {
    FrontEndSession next;
    try (Served.FrontEnd front = served.start(false)) {
      served.device.hold();
      front.submit(0, 1);
      Await.until("the request is in flight", () -> served.device.held(0) == 1);
    }
    try (RawFrontEnd raw = served.raw()) {
      raw.send(FrontendRequest.GET_FEATURES.id(), new byte[0]);
      assertThat(raw.awaitReadable(MOMENT)).isFalse();
      served.device.release();
      raw.receive().close();
    }
    served.awaitFree();
    next = served.session(true);
    next.close();
  }

  @Test
  void closingTheServerFinishesWhatIsInFlight() throws InterruptedException {
    try (Served.FrontEnd front = served.start(true)) {
      served.device.hold();
      DriverRequest request = front.submit(0, 11);
      Await.until("the request is in flight", () -> served.device.held(0) == 1);
      Thread closer = new Thread(served.server::close);
      closer.start();
      assertThat(front.session.client().raw().awaitHangUp(MOMENT)).isFalse();
      served.device.release();
      closer.join();
      assertThat(front.await(0)).isSameAs(request);
      assertThat(front.session.client().hungUp()).isTrue();
      assertThatExceptionOfType(BackEndException.class).isThrownBy(served::raw);
    }
  }

  @Test
  void aSocketThatIsTakenIsAnErrorThatLeavesNothingBehind() {
    EchoDevice other = new EchoDevice();
    Path free = folder.resolve("free");
    try (DeviceLoops loops = DeviceLoops.start(1)) {
      VhostUserServer.Builder builder =
          VhostUserServer.builder(loops).export(other, free).export(other, served.socket);
      assertThatExceptionOfType(UncheckedIOException.class)
          .isThrownBy(builder::start)
          .withMessageContaining(served.socket + ": another process listens there");
    }
    assertThat(Files.exists(free)).isFalse();
  }

  private static byte[] state(int index, int number) {
    ByteBuffer payload = ByteBuffer.allocate(VringState.BYTES).order(ByteOrder.nativeOrder());
    new VringState(index, number).write(payload);
    return payload.array();
  }
}
