package dev.virtio4j.vhostuser.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.virtio4j.bench.StorageDaemon;
import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.posix.UnixSocket;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The client against a back-end that is not of this project. */
@EnabledOnOs(OS.LINUX)
class VhostUserClientTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final long SIZE = 1 << 20;
  private static final long GUEST = 1 << 20;

  @TempDir Path folder;

  private FrontEndSession connect(StorageDaemon daemon, long protocol) {
    return FrontEndSession.connect(daemon.socket(), TIMEOUT, VirtioFeatures.VERSION_1, protocol);
  }

  @Test
  void readsTheDisksCapacity() throws Exception {
    try (StorageDaemon daemon = StorageDaemon.start(folder, SIZE, true);
        FrontEndSession session = connect(daemon, ProtocolFeatures.CONFIG)) {
      byte[] config = session.client().readConfig(0, 8);

      assertThat(ByteBuffer.wrap(config).order(ByteOrder.LITTLE_ENDIAN).getLong())
          .isEqualTo(SIZE / 512);
      assertThat(session.features() & VirtioFeatures.VERSION_1).isNotZero();
    }
  }

  @Test
  void refusalIsKnownAtOnceWhereRepliesAreNegotiated() throws Exception {
    try (var pair = new SilentBackEnd()) {
      pair.client.setProtocolFeatures(ProtocolFeatures.REPLY_ACK);
      pair.other.sendMessage(8, 5, 8, new byte[] {1, 0, 0, 0, 0, 0, 0, 0});

      assertThatExceptionOfType(BackEndException.class)
          .isThrownBy(() -> pair.client.setRingSize(77, 16))
          .withMessageContaining("refused SET_VRING_NUM");
      assertThat(pair.other.receive().flags()).as("flags without").isEqualTo(1);
      assertThat(pair.other.receive().flags()).as("flags with").isEqualTo(9);
    }
  }

  @Test
  void deadBackEndIsAnExceptionThatNamesTheRequest() throws Exception {
    try (StorageDaemon daemon = StorageDaemon.start(folder, SIZE, true);
        FrontEndSession session = connect(daemon, ProtocolFeatures.CONFIG)) {
      daemon.kill();

      assertThatExceptionOfType(BackEndException.class)
          .isThrownBy(() -> session.client().readConfig(0, 8))
          .withMessageContaining("GET_CONFIG");
      assertThat(session.client().hungUp()).isTrue();
    }
  }

  @Test
  void ringsAndMemoryOutliveTheBackEnd() throws Exception {
    long all =
        ProtocolFeatures.CONFIG | ProtocolFeatures.REPLY_ACK | ProtocolFeatures.CONFIGURE_MEM_SLOTS;
    try (DriverMemory memory = DriverMemory.shared(GUEST, 2 << 20)) {
      StorageDaemon first = StorageDaemon.start(folder, SIZE, true);
      try (first;
          FrontEndSession session = connect(first, all)) {
        session.shareMemory(memory);
        FrontEndQueue queue = session.addQueue(16);
        session.start();
        assertThat(readSector(queue, memory)).isZero();
        first.kill();
        try (StorageDaemon second = StorageDaemon.start(folder, SIZE, true)) {
          session.reconnect(TIMEOUT);
          assertThat(second.socket()).isEqualTo(first.socket());
          assertThat(readSector(queue, memory)).isZero();
          assertThat(session.stop()).containsExactly(2);
        }
      }
    }
  }

  /** Reads sector 0 by interrupt; returns the status byte. */
  private static byte readSector(FrontEndQueue queue, DriverMemory memory) {
    long address = memory.allocate(4096, 4096);
    ByteBuffer view = memory.view(address, 4096);
    view.put(1024, (byte) 0xff);
    DriverRequest request =
        queue
            .ring()
            .prepare(
                Segment.readable(address, 16),
                Segment.writable(address + 512, 512),
                Segment.writable(address + 1024, 1));
    InterruptWaiter waiter = new InterruptWaiter(List.of(queue));
    queue.ring().submit(request);
    if (queue.ring().publish()) {
      queue.kick();
    }
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (queue.ring().poll() == null) {
      if (queue.ring().enableInterrupts()) {
        waiter.await(100);
      }
      assertThat(System.nanoTime()).as("the request completes").isLessThan(deadline);
    }
    return view.get(1024);
  }

  @Test
  void silentBackEndIsAnExceptionInTime() throws Exception {
    try (var pair = new SilentBackEnd()) {
      assertThatExceptionOfType(BackEndException.class)
          .isThrownBy(() -> pair.client.getFeatures())
          .withMessageContaining("GET_FEATURES")
          .withMessageContaining("in time");
    }
  }

  /** The front-end's end of a connection whose other end says what it is told to. */
  private static final class SilentBackEnd implements AutoCloseable {
    final RawFrontEnd other;
    final VhostUserClient client;

    SilentBackEnd() {
      var pair = UnixSocket.pair();
      other = RawFrontEnd.adopt(pair[0], TIMEOUT);
      client = VhostUserClient.adopt(pair[1].duplicate().value(), Duration.ofMillis(50));
      pair[1].close();
    }

    @Override
    public void close() {
      client.close();
      other.close();
    }
  }

  @Test
  void replyToAnotherRequestIsAnException() throws Exception {
    try (var pair = new SilentBackEnd()) {
      pair.other.sendMessage(2, 5, 8, new byte[8]);

      assertThatExceptionOfType(BackEndException.class)
          .isThrownBy(() -> pair.client.getFeatures())
          .withMessageContaining("GET_FEATURES")
          .withMessageContaining("request 2");
    }
  }

  @Test
  void replyThatStillAsksForAReplyIsAnException() throws Exception {
    try (var pair = new SilentBackEnd()) {
      pair.other.sendMessage(1, 0xd, 8, new byte[8]);

      assertThatExceptionOfType(BackEndException.class)
          .isThrownBy(() -> pair.client.getFeatures())
          .withMessageContaining("0xd");
    }
  }
}
