package dev.virtio4j.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.loop.Await;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.posix.OpenDescriptors;
import dev.virtio4j.vhostuser.client.FrontEndQueue;
import dev.virtio4j.vhostuser.client.FrontEndSession;
import dev.virtio4j.vhostuser.client.RawFrontEnd;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import java.nio.file.Path;
import java.time.Duration;

/** An echo device that is served on a socket, and front-ends that use it as they should. */
final class Served implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(10);
  static final long ALL = -1L;
  static final long SPLIT = VirtioFeatures.RINGS & ~VirtioFeatures.RING_PACKED;
  static final long PACKED = VirtioFeatures.RINGS;
  static final long GUEST_ADDRESS = 0x4000_0000L;
  static final int MEMORY = 1 << 20;

  final EchoDevice device = new EchoDevice();
  final Path socket;
  final VhostUserServer server;
  private final DeviceLoops loops = DeviceLoops.start(2);

  Served(Path folder) {
    this(folder, false);
  }

  Served(Path folder, boolean inband) {
    socket = folder.resolve("s");
    server =
        VhostUserServer.builder(loops)
            .export(ExportConfig.builder(device).socket(socket).name("echo").inband(inband).build())
            .start();
  }

  VhostUserExport export() {
    return server.exports().get(0);
  }

  RawFrontEnd raw() {
    return RawFrontEnd.connect(socket, PATIENCE);
  }

  static long features(boolean packed) {
    return packed ? PACKED : SPLIT;
  }

  FrontEndSession session(boolean packed) {
    return FrontEndSession.connect(socket, PATIENCE, features(packed), ALL);
  }

  /** One that knows no more protocol features than User-mode Linux does. */
  FrontEndSession umlSession(boolean packed) {
    long known =
        ProtocolFeatures.REPLY_ACK | ProtocolFeatures.BACKEND_REQ | ProtocolFeatures.CONFIG;
    return FrontEndSession.connect(socket, PATIENCE, features(packed), known);
  }

  /** A front-end with memory and started rings. */
  static final class FrontEnd implements AutoCloseable {
    final FrontEndSession session;
    final DriverMemory memory;

    FrontEnd(FrontEndSession session) {
      this.session = session;
      memory = DriverMemory.shared(GUEST_ADDRESS, MEMORY);
      session.shareMemory(memory);
      for (int i = 0; i < EchoDevice.QUEUES; i++) {
        session.addQueue(EchoDevice.QUEUE_SIZE);
      }
    }

    FrontEndQueue queue(int index) {
      return session.queues().get(index);
    }

    /** Makes a request available and kicks. */
    DriverRequest submit(int queue, long value) {
      DriverRequest request = put(queue, value);
      queue(queue).kick();
      return request;
    }

    /** Makes a request available. */
    DriverRequest put(int queue, long value) {
      long from = memory.allocate(Long.BYTES, Long.BYTES);
      long to = memory.allocate(Long.BYTES, Long.BYTES);
      memory.view(from, Long.BYTES).putLong(0, value);
      DriverRequest request =
          queue(queue)
              .ring()
              .prepare(Segment.readable(from, Long.BYTES), Segment.writable(to, Long.BYTES));
      request.tag(to);
      assertThat(queue(queue).ring().submit(request)).isTrue();
      boolean unused = queue(queue).ring().publish();
      return request;
    }

    DriverRequest await(int queue) {
      Await.until("a request is used", () -> queue(queue).ring().ready());
      return queue(queue).ring().poll();
    }

    long answer(DriverRequest request) {
      return memory.view(request.tag(), Long.BYTES).getLong(0);
    }

    void echo(int queue, long value) {
      DriverRequest request = submit(queue, value);
      assertThat(await(queue)).isSameAs(request);
      assertThat(answer(request)).isEqualTo(value);
      assertThat(request.written()).isEqualTo(Long.BYTES);
      queue(queue).ring().discard(request);
    }

    @Override
    public void close() {
      session.close();
      memory.close();
    }
  }

  FrontEnd connect(boolean packed) {
    return new FrontEnd(session(packed));
  }

  FrontEnd start(boolean packed) {
    FrontEnd frontEnd = connect(packed);
    frontEnd.session.start();
    return frontEnd;
  }

  /** A well-behaved front-end gets what it asks for, on both ring formats. */
  void servesWell() {
    for (boolean packed : new boolean[] {false, true}) {
      try (FrontEnd frontEnd = start(packed)) {
        for (int i = 0; i < 2 * EchoDevice.QUEUE_SIZE + 3; i++) {
          frontEnd.echo(i % EchoDevice.QUEUES, 0x1234_5678_9abcL * (i + 1));
        }
      }
      awaitFree();
    }
  }

  void awaitFree() {
    Await.until("nobody is connected", () -> !export().connected());
  }

  /** What this process has open that front-ends and the server send each other. */
  static long descriptors() {
    return OpenDescriptors.count("socket:")
        + OpenDescriptors.count("memfd:")
        + OpenDescriptors.count("eventfd")
        + OpenDescriptors.count("pipe:")
        + OpenDescriptors.count("/dev/null")
        + OpenDescriptors.count("/dev/zero")
        + OpenDescriptors.count("/hostile");
  }

  @Override
  public void close() {
    server.close();
    loops.close();
  }
}
