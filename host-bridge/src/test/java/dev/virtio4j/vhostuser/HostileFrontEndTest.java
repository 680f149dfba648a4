package dev.virtio4j.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.virtio4j.loop.Await;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.MemFd;
import dev.virtio4j.posix.OpenFlags;
import dev.virtio4j.vhostuser.client.BackEndException;
import dev.virtio4j.vhostuser.client.RawFrontEnd;
import dev.virtio4j.vhostuser.client.RawMessage;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a front-end must not send, as bytes: after each of it the same server serves a well-behaved
 * front-end and has left no descriptor open.
 */
@EnabledOnOs(OS.LINUX)
class HostileFrontEndTest {
  private static final Duration MOMENT = Duration.ofMillis(50);
  private static final int PLAIN = MessageHeader.VERSION;
  private static final int ASKING = MessageHeader.VERSION | MessageHeader.NEED_REPLY;

  @TempDir static Path folder;
  private static Served served;
  private long descriptors;

  @BeforeEach
  void serve() {
    if (served == null) {
      served = new Served(folder);
      served.servesWell();
    }
    descriptors = Served.descriptors();
  }

  @AfterEach
  void servesTheNextAndLeavesNothingOpen() {
    served.awaitFree();
    served.servesWell();
    Await.until("descriptors are closed", () -> Served.descriptors() <= descriptors);
  }

  @org.junit.jupiter.api.AfterAll
  static void close() {
    served.close();
    served = null;
  }

  private static byte[] numbers(long... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * numbers.length).order(ByteOrder.nativeOrder());
    Arrays.stream(numbers).forEach(bytes::putLong);
    return bytes.array();
  }

  private static byte[] state(int index, int number) {
    return ByteBuffer.allocate(8)
        .order(ByteOrder.nativeOrder())
        .putInt(index)
        .putInt(number)
        .array();
  }

  /** A front-end that has agreed on all protocol features. */
  private static RawFrontEnd agreed() {
    RawFrontEnd raw = served.raw();
    raw.send(FrontendRequest.GET_PROTOCOL_FEATURES.id(), new byte[0]);
    long offered;
    try (RawMessage reply = raw.receive()) {
      offered = reply.u64(0);
    }
    raw.send(FrontendRequest.SET_PROTOCOL_FEATURES.id(), numbers(offered));
    raw.send(FrontendRequest.SET_FEATURES.id(), numbers(ProtocolFeatures.F_PROTOCOL_FEATURES));
    return raw;
  }

  private static void assertDropped(RawFrontEnd raw) {
    assertThat(raw.awaitHangUp(Served.PATIENCE)).isTrue();
  }

  /** Sends, unless the server has hung up on what came before. */
  private static void trySend(RawFrontEnd raw, int request, int flags, byte[] payload, int... fds) {
    try {
      raw.sendMessage(request, flags, payload.length, payload, fds);
    } catch (BackEndException e) {
      assertThat(raw.hungUp()).isTrue();
    }
  }

  /** Until the server hangs up, or has nothing more to say. */
  private static void drain(RawFrontEnd raw) {
    boolean unused = raw.awaitHangUp(MOMENT);
  }

  private static byte[] payload(FrontendRequest request) {
    return new byte[Math.max(0, request.payloadBytes())];
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 11})
  void halfAHeaderAndSilenceCostsNothing(int length) {
    try (RawFrontEnd raw = served.raw()) {
      byte[] header = new byte[length];
      header[0] = 1;
      raw.sendBytes(header);
      assertThat(raw.awaitHangUp(MOMENT)).isFalse();
    }
  }

  @Test
  void aMessageByteByByteIsServed() {
    try (RawFrontEnd raw = served.raw()) {
      ByteBuffer header = ByteBuffer.allocate(12).order(ByteOrder.nativeOrder());
      new MessageHeader(FrontendRequest.GET_FEATURES.id(), PLAIN, 0).write(header);
      for (byte one : header.array()) {
        raw.sendBytes(new byte[] {one});
      }
      try (RawMessage reply = raw.receive()) {
        assertThat(reply.u64(0)).isNotZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(FrontendRequest.class)
  void halfAPayloadWithADescriptorAndHangUp(FrontendRequest request) {
    try (Fd file = MemFd.create("hostile", 4096);
        RawFrontEnd raw = agreed()) {
      int size = Math.max(8, request.payloadBytes());
      raw.sendMessage(request.id(), PLAIN, size, new byte[size / 2], file.value());
    }
  }

  @ParameterizedTest
  @EnumSource(FrontendRequest.class)
  void sizesThatDoNotFitEndTheConnection(FrontendRequest request) {
    int right = request.payloadBytes();
    for (int size : new int[] {-1, 0x7fff_ffff, 4097, right + 1, Math.max(0, right - 1)}) {
      try (RawFrontEnd raw = agreed()) {
        if (size == right) {
          continue;
        }
        byte[] some = new byte[size < 0 || size > 4096 ? 64 : size];
        raw.sendMessage(request.id(), PLAIN, size, some);
        assertDropped(raw);
      }
      served.awaitFree();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 3, PLAIN | MessageHeader.REPLY})
  void flagsThatNoRequestHasEndTheConnection(int flags) {
    try (RawFrontEnd raw = served.raw()) {
      raw.sendMessage(FrontendRequest.GET_FEATURES.id(), flags, 0, new byte[0]);
      assertDropped(raw);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 44, 99, Integer.MAX_VALUE, -1})
  void anUnknownRequestIsRefusedWhereAReplyIsAskedForAndElseEndsTheConnection(int request) {
    try (Fd file = MemFd.create("hostile", 4096);
        RawFrontEnd raw = agreed()) {
      raw.sendMessage(request, ASKING, 3, new byte[3], file.value());
      try (RawMessage reply = raw.receive()) {
        assertThat(reply.request()).isEqualTo(request);
        assertThat(reply.u64(0)).isNotZero();
      }
      raw.sendMessage(request, PLAIN, 3, new byte[3], file.value());
      assertDropped(raw);
    }
  }

  static Stream<Arguments> requestsWithDescriptors() {
    return Arrays.stream(FrontendRequest.values())
        .flatMap(request -> Stream.of(0, 1, 2, 8, 9, 253).map(n -> Arguments.of(request, n)));
  }

  @ParameterizedTest
  @MethodSource("requestsWithDescriptors")
  void anyNumberOfDescriptorsIsClosed(FrontendRequest request, int count) {
    try (Fd file = MemFd.create("hostile", 4096);
        RawFrontEnd raw = agreed()) {
      int[] fds = new int[count];
      Arrays.fill(fds, file.value());
      byte[] payload = payload(request);
      raw.sendMessage(request.id(), PLAIN, payload.length, payload, fds);
      if (request.descriptors() >= 0 && count != request.descriptors()) {
        assertDropped(raw);
      } else {
        drain(raw);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(FrontendRequest.class)
  void aRequestBeforeAllOthersAndTwice(FrontendRequest request) {
    byte[] payload = payload(request);
    try (Fd file = MemFd.create("hostile", 4096);
        RawFrontEnd raw = served.raw()) {
      int[] fds = request.descriptors() == 1 ? new int[] {file.value()} : new int[0];
      trySend(raw, request.id(), ASKING, payload, fds);
      trySend(raw, request.id(), PLAIN, payload, fds);
      drain(raw);
    }
    served.awaitFree();
    try (Fd file = MemFd.create("hostile", 4096);
        RawFrontEnd raw = agreed()) {
      int[] fds = request.descriptors() == 1 ? new int[] {file.value()} : new int[0];
      trySend(raw, request.id(), PLAIN, payload, fds);
      trySend(raw, request.id(), ASKING, payload, fds);
      drain(raw);
    }
  }

  @Test
  void requestsInAnyOrder() {
    long seed = System.nanoTime();
    System.out.println("requestsInAnyOrder: seed " + seed);
    Random random = new Random(seed);
    List<FrontendRequest> requests = new ArrayList<>(List.of(FrontendRequest.values()));
    Collections.reverse(requests);
    for (int round = 0; round < 50; round++) {
      try (Fd file = MemFd.create("hostile", 1 << 16);
          RawFrontEnd raw = random.nextBoolean() ? agreed() : served.raw()) {
        for (FrontendRequest request : requests) {
          byte[] payload = payload(request);
          for (int i = 0; i < payload.length; i += 4) {
            payload[i] = (byte) random.nextInt(3);
          }
          int[] fds = request.descriptors() == 1 ? new int[] {file.value()} : new int[0];
          trySend(raw, request.id(), random.nextBoolean() ? ASKING : PLAIN, payload, fds);
        }
        drain(raw);
      }
      served.awaitFree();
      Collections.shuffle(requests, random);
    }
  }

  @Test
  void protocolFeaturesThatWereNotOfferedEndTheConnection() {
    for (long features :
        new long[] {-1, ProtocolFeatures.INBAND_NOTIFICATIONS, 1L << 63, ProtocolFeatures.RARP}) {
      try (RawFrontEnd raw = served.raw()) {
        raw.send(FrontendRequest.SET_PROTOCOL_FEATURES.id(), numbers(features));
        assertDropped(raw);
      }
      served.awaitFree();
    }
  }

  @Test
  void featuresThatWereNotOfferedEndTheConnection() {
    try (RawFrontEnd raw = served.raw()) {
      raw.send(FrontendRequest.SET_FEATURES.id(), numbers(-1));
      assertDropped(raw);
    }
  }

  @Test
  void repliesThatAreNeverReadHoldUpWhoAskedForThemAlone() {
    try (RawFrontEnd raw = RawFrontEnd.connect(served.socket, Duration.ofMillis(200))) {
      assertThatExceptionOfType(BackEndException.class)
          .isThrownBy(
              () -> {
                for (int i = 0; i < 1_000_000; i++) {
                  raw.send(FrontendRequest.GET_FEATURES.id(), new byte[0]);
                }
              })
          .withMessageContaining("in time");
      assertThat(served.export().metrics().toCompletableFuture().join()).isNotEmpty();
    }
  }

  static Stream<Arguments> ringRequests() {
    return Stream.of(
            FrontendRequest.SET_VRING_NUM,
            FrontendRequest.SET_VRING_BASE,
            FrontendRequest.GET_VRING_BASE,
            FrontendRequest.SET_VRING_ENABLE,
            FrontendRequest.SET_VRING_ADDR)
        .flatMap(
            request ->
                Stream.of(EchoDevice.QUEUES, 255, 256, Integer.MIN_VALUE, -1)
                    .map(index -> Arguments.of(request, index)));
  }

  @ParameterizedTest
  @MethodSource("ringRequests")
  void aRingThatIsNotThereEndsTheConnection(FrontendRequest request, int index) {
    try (RawFrontEnd raw = agreed()) {
      byte[] payload = payload(request);
      ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder()).putInt(0, index).putInt(4, 1);
      raw.send(request.id(), payload);
      assertDropped(raw);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 0xff, 0x102, 0x200, 1L << 63, -1})
  void aDescriptorForARingThatIsNotThereEndsTheConnection(long number) {
    for (FrontendRequest request :
        List.of(
            FrontendRequest.SET_VRING_KICK,
            FrontendRequest.SET_VRING_CALL,
            FrontendRequest.SET_VRING_ERR)) {
      try (Fd file = MemFd.create("hostile", 4096);
          RawFrontEnd raw = agreed()) {
        int[] fds = (number & 0x100) == 0 ? new int[] {file.value()} : new int[0];
        raw.send(request.id(), numbers(number), fds);
        assertDropped(raw);
      }
      served.awaitFree();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, EchoDevice.QUEUE_SIZE + 1, 32769, 65536, Integer.MIN_VALUE, -1})
  void aRingSizeThatTheDeviceDoesNotHaveEndsTheConnection(int size) {
    try (RawFrontEnd raw = agreed()) {
      raw.send(FrontendRequest.SET_VRING_NUM.id(), state(0, size));
      assertDropped(raw);
    }
  }

  static Stream<byte[]> badConfig() {
    return Stream.of(
        config(0, 4, 3), config(0, 0xffff_fff4, 4), config(0, 4, 5), config(0, 0, 1), new byte[11]);
  }

  private static byte[] config(int offset, int size, int bytes) {
    ByteBuffer payload = ByteBuffer.allocate(12 + bytes).order(ByteOrder.nativeOrder());
    return payload.putInt(offset).putInt(size).putInt(0).array();
  }

  @ParameterizedTest
  @MethodSource("badConfig")
  void aConfigurationRangeThatDoesNotFitItsPayloadEndsTheConnection(byte[] payload) {
    for (FrontendRequest request :
        List.of(FrontendRequest.GET_CONFIG, FrontendRequest.SET_CONFIG)) {
      try (RawFrontEnd raw = agreed()) {
        raw.send(request.id(), payload);
        assertDropped(raw);
      }
      served.awaitFree();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 9, 257, Integer.MIN_VALUE, -4, -1})
  void aConfigurationRangePastTheEndIsRefused(int offset) {
    try (RawFrontEnd raw = agreed()) {
      raw.sendMessage(FrontendRequest.SET_CONFIG.id(), ASKING, 16, config(offset, 4, 4));
      try (RawMessage reply = raw.receive()) {
        assertThat(reply.u64(0)).isNotZero();
      }
      raw.send(FrontendRequest.GET_CONFIG.id(), config(offset, 4, 4));
      try (RawMessage reply = raw.receive()) {
        assertThat(reply.size()).isEqualTo(offset > 0 && offset < 257 ? 16 : 0);
      }
    }
  }

  @Test
  void twoHundredConnectAtOnce() {
    List<RawFrontEnd> all = new ArrayList<>();
    try (Served.FrontEnd front = served.start(true)) {
      for (int i = 0; i < 200; i++) {
        all.add(served.raw());
      }
      for (RawFrontEnd raw : all) {
        assertDropped(raw);
      }
      front.echo(0, 1);
    } finally {
      all.forEach(RawFrontEnd::close);
    }
  }

  @Test
  void connectAndHangUpAtOnce() {
    for (int i = 0; i < 300; i++) {
      served.raw().close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/zero", "/dev/null", "/", "/proc/self/status"})
  void aNotifierThatIsNoneEndsTheConnection(String path) {
    for (FrontendRequest request :
        List.of(
            FrontendRequest.SET_VRING_KICK,
            FrontendRequest.SET_VRING_CALL,
            FrontendRequest.SET_VRING_ERR,
            FrontendRequest.SET_BACKEND_REQ_FD)) {
      try (Fd file = Fd.open(Path.of(path), OpenFlags.O_RDONLY);
          RawFrontEnd raw = agreed()) {
        raw.send(request.id(), payload(request), file.value());
        assertDropped(raw);
      }
      served.awaitFree();
    }
  }
}
