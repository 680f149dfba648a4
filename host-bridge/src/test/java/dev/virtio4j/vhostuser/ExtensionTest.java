package dev.virtio4j.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.loop.Await;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.MemFd;
import dev.virtio4j.vhostuser.client.RawFrontEnd;
import dev.virtio4j.vhostuser.client.RawMessage;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A device type's own messages, over a socket. */
@EnabledOnOs(OS.LINUX)
class ExtensionTest {
  private static final int ASKING = MessageHeader.VERSION | MessageHeader.NEED_REPLY;

  @TempDir Path folder;
  private final Doubling doubling = new Doubling();
  private DeviceLoops loops;
  private VhostUserServer server;
  private Path socket;
  private long descriptors;

  /** Answers one message, takes one without an answer, refuses one, and fails at one. */
  private static final class Doubling implements VhostUserExtension {
    static final int DOUBLE = 100;
    static final int REMEMBER = 101;
    static final int REFUSE = 102;
    static final int FAIL = 103;
    static final int BREAK_OFF = 104;

    private volatile long remembered;
    private volatile int came;

    @Override
    public long protocolFeatures() {
      return ProtocolFeatures.RARP;
    }

    @Override
    public boolean takes(int request) {
      return request >= DOUBLE && request <= BREAK_OFF;
    }

    @Override
    public ByteBuffer handle(int request, ByteBuffer payload, int[] fds) {
      came = fds.length;
      switch (request) {
        case DOUBLE -> {
          long number = payload.getLong();
          return ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(2 * number).flip();
        }
        case REMEMBER -> {
          remembered = payload.getLong();
          return null;
        }
        case REFUSE -> throw new RequestRefusedException("of a test");
        case FAIL -> throw new IllegalStateException("of a test");
        default -> throw new IllegalArgumentException("of a test");
      }
    }
  }

  @BeforeEach
  void serve() {
    loops = DeviceLoops.start(1);
    socket = folder.resolve("s");
    server =
        VhostUserServer.builder(loops)
            .export(
                ExportConfig.builder(new EchoDevice())
                    .socket(socket)
                    .name("extended")
                    .extension(doubling)
                    .build())
            .start();
    descriptors = Served.descriptors();
  }

  @AfterEach
  void closeAndLookForWhatIsLeft() {
    Await.until("nobody is connected", () -> !server.exports().get(0).connected());
    Await.until("descriptors are closed", () -> Served.descriptors() <= descriptors);
    server.close();
    loops.close();
  }

  private RawFrontEnd agreed() {
    RawFrontEnd raw = RawFrontEnd.connect(socket, Served.PATIENCE);
    raw.send(FrontendRequest.GET_PROTOCOL_FEATURES.id(), new byte[0]);
    long offered;
    try (RawMessage reply = raw.receive()) {
      offered = reply.u64(0);
    }
    assertThat(offered & ProtocolFeatures.RARP).isNotZero();
    raw.send(FrontendRequest.SET_PROTOCOL_FEATURES.id(), number(offered));
    return raw;
  }

  private static byte[] number(long number) {
    return ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(number).array();
  }

  private static void ask(RawFrontEnd raw, int request, long number, int... fds) {
    raw.sendMessage(request, ASKING, 8, number(number), fds);
  }

  private static long answer(RawFrontEnd raw, int request) {
    try (RawMessage reply = raw.receive()) {
      assertThat(reply.request()).isEqualTo(request);
      assertThat(reply.flags()).isEqualTo(MessageHeader.VERSION | MessageHeader.REPLY);
      return reply.u64(0);
    }
  }

  @Test
  void aMessageIsAnsweredWithWhatTheExtensionYields() {
    try (RawFrontEnd raw = agreed()) {
      raw.send(Doubling.DOUBLE, number(21));
      assertThat(answer(raw, Doubling.DOUBLE)).isEqualTo(42);
      ask(raw, Doubling.DOUBLE, 4);
      assertThat(answer(raw, Doubling.DOUBLE)).isEqualTo(8);
    }
  }

  @Test
  void aMessageWithoutAnAnswerIsAcknowledgedWhereThatIsAskedFor() {
    try (RawFrontEnd raw = agreed()) {
      raw.send(Doubling.REMEMBER, number(7));
      ask(raw, Doubling.REMEMBER, 8);
      assertThat(answer(raw, Doubling.REMEMBER)).isZero();
      assertThat(doubling.remembered).isEqualTo(8);
    }
  }

  @Test
  void descriptorsAreTheExtensionsDuringTheCallAndClosedAfterIt() {
    try (Fd file = MemFd.create("extension", 4096);
        RawFrontEnd raw = agreed()) {
      ask(raw, Doubling.REMEMBER, 1, file.value(), file.value());
      assertThat(answer(raw, Doubling.REMEMBER)).isZero();
      assertThat(doubling.came).isEqualTo(2);
      // The memfd here, and the connection's two ends.
      assertThat(Served.descriptors()).isEqualTo(descriptors + 3);
    }
  }

  @Test
  void aRefusedMessageIsToldAndTheConnectionGoesOn() {
    try (RawFrontEnd raw = agreed()) {
      ask(raw, Doubling.REFUSE, 0);
      assertThat(answer(raw, Doubling.REFUSE)).isNotZero();
      raw.send(Doubling.REFUSE, number(0));
      ask(raw, Doubling.DOUBLE, 3);
      assertThat(answer(raw, Doubling.DOUBLE)).isEqualTo(6);
    }
  }

  @Test
  void aMessageThatCannotBeEndsTheConnectionAndNotTheServer() {
    for (int request : new int[] {Doubling.BREAK_OFF, Doubling.FAIL, Doubling.DOUBLE}) {
      try (Fd file = MemFd.create("extension", 4096);
          RawFrontEnd raw = agreed()) {
        // The last one has too short a payload.
        raw.sendMessage(request, ASKING, 4, new byte[4], file.value());
        assertThat(raw.awaitHangUp(Served.PATIENCE)).isTrue();
      }
    }
    try (RawFrontEnd raw = agreed()) {
      ask(raw, Doubling.DOUBLE, 3);
      assertThat(answer(raw, Doubling.DOUBLE)).isEqualTo(6);
    }
  }

  @Test
  void whatAFrontEndMayNotSendIsNoFaultOfTheServers() {
    try (LogWatch log = new LogWatch()) {
      for (int request : new int[] {Doubling.BREAK_OFF, Doubling.DOUBLE}) {
        try (RawFrontEnd raw = agreed()) {
          raw.send(request, new byte[4]);
          assertThat(raw.awaitHangUp(Served.PATIENCE)).isTrue();
        }
      }
      assertThat(log.lines()).isEqualTo(3);
      assertThat(log.error()).isNull();
    }
  }

  @Test
  void anExtensionThatFailsTimeAndAgainFillsNoLog() {
    try (LogWatch log = new LogWatch()) {
      for (int i = 0; i < 100; i++) {
        try (RawFrontEnd raw = RawFrontEnd.connect(socket, Served.PATIENCE)) {
          raw.send(Doubling.FAIL, number(0));
          assertThat(raw.awaitHangUp(Served.PATIENCE)).isTrue();
        }
      }
      assertThat(log.lines()).isLessThan(30);
      assertThat(log.error()).contains("could not be served");
    }
  }
}
