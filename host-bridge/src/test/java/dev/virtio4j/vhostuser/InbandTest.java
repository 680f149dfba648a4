package dev.virtio4j.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.loop.Await;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.UnixSocket;
import dev.virtio4j.vhostuser.client.FrontEndQueue;
import dev.virtio4j.vhostuser.client.RawFrontEnd;
import dev.virtio4j.vhostuser.client.RawMessage;
import dev.virtio4j.vhostuser.client.VhostUserClient;
import dev.virtio4j.vhostuser.protocol.BackendRequest;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kicks, interrupts and errors as messages, by a front-end that sets no descriptors at all. */
@EnabledOnOs(OS.LINUX)
class InbandTest {
  private static final int ASKING = MessageHeader.VERSION | MessageHeader.NEED_REPLY;

  @TempDir Path folder;
  private Served served;
  private long descriptors;

  @BeforeEach
  void serve() {
    served = new Served(folder, true);
    descriptors = Served.descriptors();
  }

  @AfterEach
  void closeAndLookForWhatIsLeft() {
    served.awaitFree();
    served.servesWell();
    Await.until("descriptors are closed", () -> Served.descriptors() <= descriptors);
    served.close();
  }

  private static byte[] ring(int index) {
    return ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putInt(index).putInt(0).array();
  }

  /** Has the back-end make its own requests on a new channel. */
  private static RawFrontEnd openChannel(Served.FrontEnd front) {
    Fd[] pair = UnixSocket.pair();
    try (Fd theirs = pair[1]) {
      front
          .session
          .client()
          .raw()
          .send(FrontendRequest.SET_BACKEND_REQ_FD.id(), new byte[0], theirs.value());
      assertThat(front.session.client().getFeatures()).isNotZero();
    }
    return RawFrontEnd.adopt(pair[0].value(), Served.PATIENCE);
  }

  private Served.FrontEnd connect(boolean packed) {
    Served.FrontEnd front = served.connect(packed);
    assertThat(front.session.client().has(ProtocolFeatures.INBAND_NOTIFICATIONS)).isTrue();
    return front;
  }

  /** Sets a ring as User-mode Linux does: without a doorbell, an interrupt or an error. */
  private static void start(Served.FrontEnd front, int index, int base) {
    VhostUserClient client = front.session.client();
    FrontEndQueue queue = front.queue(index);
    client.setRingSize(index, queue.ring().config().size());
    client.setRingBase(index, base);
    queue.setAddresses(client);
    client.setRingEnabled(index, true);
    queue.ring().enableInterrupts();
  }

  private static void start(Served.FrontEnd front, int index) {
    start(front, index, front.queue(index).initialBase());
  }

  /** Kicks, and waits for the acknowledgement. */
  private static void kick(Served.FrontEnd front, int index) {
    RawFrontEnd raw = front.session.client().raw();
    raw.sendMessage(FrontendRequest.VRING_KICK.id(), ASKING, 8, ring(index));
    try (RawMessage reply = raw.receive()) {
      assertThat(reply.request()).isEqualTo(FrontendRequest.VRING_KICK.id());
      assertThat(reply.u64(0)).isZero();
    }
  }

  private static void awaitCall(RawFrontEnd channel, int index) {
    awaitRequest(channel, BackendRequest.VRING_CALL, index);
  }

  private static void awaitRequest(RawFrontEnd channel, BackendRequest request, int index) {
    try (RawMessage told = channel.receive()) {
      assertThat(told.request()).isEqualTo(request.id());
      assertThat(told.flags()).isEqualTo(MessageHeader.VERSION);
      assertThat(told.size()).isEqualTo(8);
      assertThat(told.u32(0)).isEqualTo(index);
      assertThat(told.u32(4)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRingWithoutDescriptorsStartsOnItsFirstKickAndInterruptsOnTheChannel(boolean packed) {
    try (Served.FrontEnd front = connect(packed);
        RawFrontEnd channel = openChannel(front)) {
      start(front, 1);
      for (int i = 0; i < 2 * EchoDevice.QUEUE_SIZE; i++) {
        DriverRequest request = front.put(1, i);
        kick(front, 1);
        while (!front.queue(1).ring().ready()) {
          awaitCall(channel, 1);
        }
        assertThat(front.queue(1).ring().poll()).isSameAs(request);
        assertThat(front.answer(request)).isEqualTo(i);
        front.queue(1).ring().discard(request);
        front.queue(1).ring().enableInterrupts();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aKickBeforeTheRingIsEnabledIsNotLost(boolean packed) {
    try (Served.FrontEnd front = connect(packed);
        RawFrontEnd channel = openChannel(front)) {
      start(front, 0);
      front.session.client().setRingEnabled(0, false);
      DriverRequest request = front.put(0, 3);
      kick(front, 0);
      assertThat(front.queue(0).ring().ready()).isFalse();
      front.session.client().setRingEnabled(0, true);
      assertThat(front.await(0)).isSameAs(request);
      awaitCall(channel, 0);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRingThatWasStoppedStartsOnTheNextKick(boolean packed) {
    try (Served.FrontEnd front = connect(packed);
        RawFrontEnd channel = openChannel(front)) {
      start(front, 0);
      DriverRequest first = front.put(0, 1);
      kick(front, 0);
      assertThat(front.await(0)).isSameAs(first);
      awaitCall(channel, 0);
      int base = front.session.client().stopRing(0);

      start(front, 0, base);
      DriverRequest second = front.put(0, 2);
      kick(front, 0);
      assertThat(front.await(0)).isSameAs(second);
      awaitCall(channel, 0);
    }
  }

  @Test
  void aSecondChannelTakesThePlaceOfTheFirst() {
    try (Served.FrontEnd front = connect(false);
        RawFrontEnd first = openChannel(front)) {
      start(front, 0);
      front.put(0, 1);
      kick(front, 0);
      front.await(0);
      awaitCall(first, 0);
      try (RawFrontEnd second = openChannel(front)) {
        assertThat(first.awaitHangUp(Served.PATIENCE)).isTrue();
        // What the first was sent last may not have been seen.
        awaitCall(second, 0);
        front.queue(0).ring().enableInterrupts();
        front.put(0, 2);
        kick(front, 0);
        front.await(0);
        awaitCall(second, 0);
      }
    }
  }

  @Test
  void aChannelThatComesLastIsUsedByRingsThatRun() {
    try (Served.FrontEnd front = connect(true)) {
      start(front, 0);
      DriverRequest request = front.put(0, 1);
      kick(front, 0);
      assertThat(front.await(0)).isSameAs(request);
      try (RawFrontEnd channel = openChannel(front)) {
        awaitCall(channel, 0);
      }
    }
  }

  @Test
  void aBrokenRingIsToldOnTheChannel() {
    try (Served.FrontEnd front = connect(false);
        RawFrontEnd channel = openChannel(front)) {
      start(front, 0);
      DriverRequest wild =
          front.queue(0).ring().prepare(Segment.readable(0xdead_0000L, Long.BYTES));
      front.queue(0).ring().submit(wild);
      front.queue(0).ring().publish();
      kick(front, 0);
      boolean told = false;
      while (!told) {
        try (RawMessage message = channel.receive()) {
          told = message.request() == BackendRequest.VRING_ERR.id();
          assertThat(message.u32(0)).isZero();
        }
      }
    }
  }

  @Test
  void descriptorsAreUsedWhereTheyAreSet() {
    try (Served.FrontEnd front = connect(false);
        RawFrontEnd channel = openChannel(front)) {
      front.session.start();
      front.queue(0).ring().enableInterrupts();
      front.echo(0, 5);
      Await.until("an interrupt", () -> front.queue(0).takeInterrupts() > 0);
      assertThat(channel.awaitReadable(java.time.Duration.ZERO)).isFalse();
    }
  }

  @Test
  void aKickOfARingThatIsNotThereEndsTheConnection() {
    try (Served.FrontEnd front = connect(false)) {
      RawFrontEnd raw = front.session.client().raw();
      raw.send(FrontendRequest.VRING_KICK.id(), ring(EchoDevice.QUEUES));
      assertThat(raw.awaitHangUp(Served.PATIENCE)).isTrue();
    }
  }

  @Test
  void manyKicksPostFewTasks() {
    AtomicInteger tasks = new AtomicInteger();
    EchoDevice device = new EchoDevice();
    Path socket = folder.resolve("counted");
    try (DeviceLoops loops = DeviceLoops.start(1);
        DeviceLoops control = DeviceLoops.start(1)) {
      DeviceLoop counted = new CountedLoop(loops.get(0), tasks);
      VhostUserServer server =
          VhostUserServer.builder(loops)
              .control(control.get(0))
              .export(
                  ExportConfig.builder(device)
                      .socket(socket)
                      .inband(true)
                      .loops(queue -> counted)
                      .build())
              .start();
      try (Served.FrontEnd front =
          new Served.FrontEnd(
              dev.virtio4j.vhostuser.client.FrontEndSession.connect(
                  socket, Served.PATIENCE, Served.SPLIT, Served.ALL))) {
        start(front, 0);
        front.put(0, 1);
        kick(front, 0);
        front.await(0);
        int before = tasks.get();
        for (int i = 0; i < 1000; i++) {
          kick(front, 0);
        }
        assertThat(tasks.get() - before).isLessThan(10);
      }
      server.close();
    }
  }
}
