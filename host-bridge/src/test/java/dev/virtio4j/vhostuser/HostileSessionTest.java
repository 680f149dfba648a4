package dev.virtio4j.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.loop.Await;
import dev.virtio4j.posix.EventFlags;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.MemFd;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.OpenFlags;
import dev.virtio4j.posix.UnixSocket;
import dev.virtio4j.vhostuser.client.BackEndException;
import dev.virtio4j.vhostuser.client.FrontEndQueue;
import dev.virtio4j.vhostuser.client.RawFrontEnd;
import dev.virtio4j.vhostuser.client.RawMessage;
import dev.virtio4j.vhostuser.client.SharedRegion;
import dev.virtio4j.vhostuser.client.VhostUserClient;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import dev.virtio4j.vhostuser.protocol.InflightDescription;
import dev.virtio4j.vhostuser.protocol.LogDescription;
import dev.virtio4j.vhostuser.protocol.MemoryRegionDescription;
import dev.virtio4j.vhostuser.protocol.MemoryTable;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import dev.virtio4j.vhostuser.protocol.VringAddresses;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A front-end that is connected and has its rings running, and then turns hostile: after each of it
 * the same server serves a well-behaved front-end and has left no descriptor open.
 */
@EnabledOnOs(OS.LINUX)
class HostileSessionTest {
  private static final Duration MOMENT = Duration.ofMillis(50);
  private static final int ASKING = MessageHeader.VERSION | MessageHeader.NEED_REPLY;
  private static final long PAGE = 4096;

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
    served.device.release();
    served.awaitFree();
    served.servesWell();
    Await.until("descriptors are closed", () -> Served.descriptors() <= descriptors);
  }

  @AfterAll
  static void close() {
    served.close();
    served = null;
  }

  private static byte[] bytes(int length, Consumer<ByteBuffer> writer) {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.nativeOrder());
    writer.accept(bytes);
    return bytes.array();
  }

  private static byte[] region(MemoryRegionDescription description) {
    return bytes(8 + MemoryRegionDescription.BYTES, target -> description.write(target.putLong(0)));
  }

  private static Fd file(String name, long size) {
    Fd file = Fd.open(folder.resolve(name), OpenFlags.O_RDWR | OpenFlags.O_CREAT);
    Libc.check(Libc.ftruncate(file.value(), size), "ftruncate");
    return file;
  }

  private static void assertDropped(RawFrontEnd raw) {
    assertThat(raw.awaitHangUp(Served.PATIENCE)).isTrue();
  }

  private static void refused(RawFrontEnd raw) {
    try (RawMessage reply = raw.receive()) {
      assertThat(reply.u64(0)).isNotZero();
    }
  }

  static Stream<MemoryRegionDescription> badRegions() {
    long base = Served.GUEST_ADDRESS;
    return Stream.of(
        // Overlaps what is there.
        new MemoryRegionDescription(base, PAGE, 0x1000_0000L, 0),
        new MemoryRegionDescription(base + Served.MEMORY - PAGE, 2 * PAGE, 0x1000_0000L, 0),
        new MemoryRegionDescription(base - PAGE, 2 * PAGE, 0x1000_0000L, 0),
        // Not of whole pages.
        new MemoryRegionDescription(0x123, PAGE, 0x1000_0000L, 0),
        new MemoryRegionDescription(0, 100, 0x1000_0000L, 0),
        new MemoryRegionDescription(0, PAGE, 0x1000_0000L, 12),
        // Empty, or wraps.
        new MemoryRegionDescription(0, 0, 0x1000_0000L, 0),
        new MemoryRegionDescription(-PAGE, 2 * PAGE, 0x1000_0000L, 0),
        new MemoryRegionDescription(0, 2 * PAGE, -PAGE, 0),
        new MemoryRegionDescription(0, Long.MIN_VALUE, 0, 0),
        new MemoryRegionDescription(0, -PAGE, 0, 0),
        // Past the end of a file of 4 pages.
        new MemoryRegionDescription(0, 5 * PAGE, 0x1000_0000L, 0),
        new MemoryRegionDescription(0, PAGE, 0x1000_0000L, 4 * PAGE),
        new MemoryRegionDescription(0, PAGE, 0x1000_0000L, -PAGE),
        new MemoryRegionDescription(0, 1L << 50, 0x1000_0000L, 0));
  }

  @ParameterizedTest
  @MethodSource("badRegions")
  void memoryThatCannotBeEndsTheConnection(MemoryRegionDescription description) {
    for (boolean packed : new boolean[] {false, true}) {
      try (Fd file = MemFd.create("hostile", 4 * PAGE);
          Served.FrontEnd front = served.start(packed)) {
        front.echo(0, 1);
        RawFrontEnd raw = front.session.client().raw();
        raw.send(FrontendRequest.ADD_MEM_REG.id(), region(description), file.value());
        assertDropped(raw);
      }
      served.awaitFree();
    }
  }

  @ParameterizedTest
  @MethodSource("badRegions")
  void aMemoryTableThatCannotBeEndsTheConnection(MemoryRegionDescription description) {
    try (Fd file = MemFd.create("hostile", 4 * PAGE);
        Served.FrontEnd front = served.start(true)) {
      MemoryTable table =
          new MemoryTable(
              List.of(
                  description,
                  new MemoryRegionDescription(
                      Served.GUEST_ADDRESS, Served.MEMORY, 0x2000_0000L, 0)));
      RawFrontEnd raw = front.session.client().raw();
      raw.send(
          FrontendRequest.SET_MEM_TABLE.id(),
          bytes(table.bytes(), table::write),
          file.value(),
          front.memory.descriptor());
      assertDropped(raw);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/dev/zero", "/dev/null", "pipe", "socket", "eventfd"})
  void memoryThatIsNoFileEndsTheConnection(String kind) {
    try (Fd file = descriptor(kind);
        Served.FrontEnd front = served.start(false)) {
      RawFrontEnd raw = front.session.client().raw();
      raw.send(
          FrontendRequest.ADD_MEM_REG.id(),
          region(new MemoryRegionDescription(0, PAGE, 0x1000_0000L, 0)),
          file.value());
      assertDropped(raw);
    }
  }

  private static Fd descriptor(String kind) {
    switch (kind) {
      case "pipe" -> {
        ByteBuffer pair = NativeMemory.allocate(8, 8);
        Libc.check(Libc.pipe2(NativeMemory.address(pair), 0), "pipe2");
        Fd.of(pair.getInt(0)).close();
        return Fd.of(pair.getInt(4));
      }
      case "socket" -> {
        Fd[] pair = UnixSocket.pair();
        pair[1].close();
        return pair[0];
      }
      case "eventfd" -> {
        return Fd.of(Libc.check(Libc.eventfd(0, 0), "eventfd"));
      }
      default -> {
        return Fd.open(Path.of(kind), OpenFlags.O_RDONLY);
      }
    }
  }

  @Test
  void moreMemoryRegionsThanThereMayBeAreRefused() {
    try (Fd file = MemFd.create("hostile", PAGE);
        Served.FrontEnd front = served.start(true)) {
      VhostUserClient client = front.session.client();
      long slots = client.memorySlots();
      long address = 0x8000_0000L;
      for (long i = 1; i < slots; i++, address += PAGE) {
        client.addMemory(
            new SharedRegion(file.value(), new MemoryRegionDescription(address, PAGE, address, 0)));
      }
      RawFrontEnd raw = client.raw();
      byte[] one = region(new MemoryRegionDescription(address, PAGE, address, 0));
      raw.sendMessage(FrontendRequest.ADD_MEM_REG.id(), ASKING, one.length, one, file.value());
      refused(raw);
      front.echo(0, 1);
    }
  }

  @Test
  void removingMemoryThatWasNeverAddedIsRefused() {
    try (Served.FrontEnd front = served.start(false)) {
      RawFrontEnd raw = front.session.client().raw();
      byte[] none = region(new MemoryRegionDescription(0, PAGE, 0, 0));
      raw.sendMessage(FrontendRequest.REM_MEM_REG.id(), ASKING, none.length, none);
      refused(raw);
      front.echo(0, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void memoryIsUnmappedWhenNothingIsInFlightInItAnyMore(boolean packed) {
    try (Served.FrontEnd front = served.start(packed)) {
      served.device.hold();
      DriverRequest request = front.submit(0, 5);
      Await.until("the request is in flight", () -> served.device.held(0) == 1);
      RawFrontEnd raw = front.session.client().raw();
      byte[] all =
          region(
              new MemoryRegionDescription(
                  Served.GUEST_ADDRESS, Served.MEMORY, front.memory.region().nativeAddress(), 0));
      raw.sendMessage(FrontendRequest.REM_MEM_REG.id(), ASKING, all.length, all);
      assertThat(raw.awaitReadable(MOMENT)).isFalse();
      served.device.release();
      raw.receive().close();
      assertThat(front.await(0)).isSameAs(request);
      assertThat(front.answer(request)).isEqualTo(5);
      Await.until("the ring without memory is broken", front.queue(0)::takeBroken);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void buffersInAFileThatShrankEndTheConnection(boolean packed) {
    try (Fd file = file("hostile-buffers", 16 * PAGE);
        Served.FrontEnd front = served.start(packed)) {
      long address = 0x9000_0000L;
      front
          .session
          .client()
          .addMemory(
              new SharedRegion(
                  file.value(), new MemoryRegionDescription(address, 16 * PAGE, address, 0)));
      front.echo(0, 1);
      Libc.check(Libc.ftruncate(file.value(), 0), "ftruncate");
      FrontEndQueue queue = front.queue(0);
      for (int i = 0; i < 8; i++) {
        queue
            .ring()
            .submit(
                queue
                    .ring()
                    .prepare(
                        Segment.readable(address + i * PAGE, 512),
                        Segment.writable(address + (8 + i) * PAGE, 512)));
      }
      queue.ring().publish();
      queue.kick();
      assertDropped(front.session.client().raw());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ringsInAFileThatShrankEndTheConnection(boolean packed) {
    try (Fd file = file("hostile-rings", 16 * PAGE);
        Fd kick = Fd.of(Libc.check(Libc.eventfd(0, EventFlags.EFD_NONBLOCK), "eventfd"));
        Served.FrontEnd front = served.connect(packed)) {
      long address = 0x9000_0000L;
      VhostUserClient client = front.session.client();
      client.addMemory(
          new SharedRegion(
              file.value(), new MemoryRegionDescription(address, 16 * PAGE, address, 0)));
      client.setRingSize(0, EchoDevice.QUEUE_SIZE);
      client.setRingBase(0, 0);
      client.setRingAddresses(
          new VringAddresses(
              0, 0, address, address + 4 * PAGE, address + 8 * PAGE, address + 4 * PAGE));
      client.setRingKick(0, kick.value());
      client.setRingEnabled(0, true);
      client.setStatus(0xf);
      Libc.check(Libc.ftruncate(file.value(), 0), "ftruncate");
      assertThat(dev.virtio4j.posix.EventFd.signal(kick.value())).isZero();
      assertDropped(client.raw());
    }
  }

  @Test
  void memoryThatShrankBeforeARingIsStartedEndsTheConnectionOrBreaksTheRing() {
    try (Fd file = file("hostile-early", 16 * PAGE);
        Fd kick = Fd.of(Libc.check(Libc.eventfd(0, EventFlags.EFD_NONBLOCK), "eventfd"));
        Served.FrontEnd front = served.connect(false)) {
      long address = 0x9000_0000L;
      VhostUserClient client = front.session.client();
      client.addMemory(
          new SharedRegion(
              file.value(), new MemoryRegionDescription(address, 16 * PAGE, address, 0)));
      Libc.check(Libc.ftruncate(file.value(), 0), "ftruncate");
      client.setRingSize(0, EchoDevice.QUEUE_SIZE);
      client.setRingAddresses(
          new VringAddresses(
              0, 0, address, address + 4 * PAGE, address + 8 * PAGE, address + 4 * PAGE));
      client.setRingEnabled(0, true);
      try {
        client.setRingKick(0, kick.value());
        boolean unused = client.raw().awaitHangUp(MOMENT);
      } catch (BackEndException e) {
        assertThat(client.hungUp()).isTrue();
      }
    }
  }

  // Rings

  static Stream<Arguments> badAddresses() {
    long base = 0;
    long end = Served.MEMORY;
    return Stream.of(false, true)
        .flatMap(
            packed ->
                Stream.of(
                        new long[] {end, base, base + 4096},
                        new long[] {base, end, base + 4096},
                        new long[] {base, base + 4096, end},
                        new long[] {end - 1, base, base},
                        new long[] {end - 16, base, base},
                        new long[] {base + 1, base + 4096, base + 8192},
                        new long[] {base, base + 4097, base + 8193},
                        new long[] {-1, -1, -1},
                        new long[] {Long.MIN_VALUE, 0, 0})
                    .map(areas -> Arguments.of(packed, areas)));
  }

  @ParameterizedTest
  @MethodSource("badAddresses")
  void aRingWhereNoneCanBeIsBroken(boolean packed, long[] areas) {
    try (Served.FrontEnd front = served.start(packed)) {
      front.echo(0, 1);
      VhostUserClient client = front.session.client();
      long own = front.memory.region().nativeAddress();
      client.setRingAddresses(
          new VringAddresses(0, 0, own + areas[0], own + areas[1], own + areas[2], 0));
      assertThat(front.queue(0).takeBroken()).isTrue();
      assertThat(client.status()).isEqualTo(0x40);
      front.echo(1, 2);
      int base = client.stopRing(0);
      front.queue(0).start(client, base);
      front.echo(0, 3);
    }
  }

  @Test
  void areasThatOverlapEachOtherHarmNobody() {
    for (boolean packed : new boolean[] {false, true}) {
      try (Served.FrontEnd front = served.start(packed)) {
        long own = front.memory.region().nativeAddress();
        front
            .session
            .client()
            .setRingAddresses(new VringAddresses(0, 0, own + 4096, own + 4096, own + 4096, 0));
        front.queue(0).kick();
        front.echo(1, 2);
      }
      served.awaitFree();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x1_0000, -1, EchoDevice.QUEUE_SIZE, 0x8000_8040, 0x8040_8000})
  void aBasePastTheRingBreaksIt(int base) {
    try (Served.FrontEnd front = served.connect((base & 0xffff_0000) != 0 && base != 0x1_0000)) {
      front.queue(0).start(front.session.client(), base);
      front.queue(1).start(front.session.client(), front.queue(1).initialBase());
      if (base != EchoDevice.QUEUE_SIZE) {
        Await.until("the ring is broken", front.queue(0)::takeBroken);
      }
      front.echo(1, 2);
    }
  }

  @Test
  void aSplitRingOfAnOddSizeIsBroken() {
    try (Served.FrontEnd front = served.start(false)) {
      VhostUserClient client = front.session.client();
      client.setRingSize(0, 63);
      client.setRingKick(0, -1);
      assertThat(front.queue(0).takeBroken()).isTrue();
      front.echo(1, 2);
    }
  }

  @Test
  void ringsEnabledWithoutAnythingDoNotRun() {
    try (Served.FrontEnd front = served.connect(true)) {
      VhostUserClient client = front.session.client();
      client.setRingEnabled(0, true);
      client.setRingKick(0, -1);
      client.setRingSize(1, 8);
      client.setRingEnabled(1, true);
      assertThat(client.status()).isZero();
      assertThat(client.stopRing(0)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stoppingInATightLoopUnderLoad(boolean packed) {
    try (Served.FrontEnd front = served.start(packed)) {
      VhostUserClient client = front.session.client();
      for (int i = 0; i < 200; i++) {
        DriverRequest request = front.submit(0, i);
        int base = client.stopRing(0);
        for (int j = 0; j < 5; j++) {
          assertThat(client.stopRing(0)).isEqualTo(base);
        }
        front.queue(0).start(client, base);
        assertThat(front.await(0)).isSameAs(request);
        front.queue(0).ring().discard(request);
      }
    }
  }

  // Notifications

  @Test
  void aDoorbellThatIsAlwaysReadableStallsNobody() {
    for (String kind : new String[] {"pipe", "socket"}) {
      try (Fd kick = descriptor(kind);
          Served.FrontEnd front = served.start(true)) {
        front.session.client().setRingKick(0, kick.value());
        front.echo(1, 1);
        DriverRequest request = front.put(0, 7);
        front.session.client().setRingEnabled(0, false);
        front.session.client().setRingEnabled(0, true);
        assertThat(front.await(0)).isSameAs(request);
      }
      served.awaitFree();
    }
  }

  @Test
  void anInterruptThatIsFullOrClosedStallsNobody() {
    ByteBuffer much = NativeMemory.allocate(1 << 16, 8);
    much.putLong(0, -2);
    for (String kind : new String[] {"eventfd", "pipe", "socket", "full"}) {
      Fd[] pair = UnixSocket.pair();
      try (Fd mine = pair[0];
          Fd theirs = pair[1];
          Fd call = kind.equals("full") ? theirs.duplicate() : descriptor(kind);
          Served.FrontEnd front = served.start(false)) {
        if (kind.equals("eventfd")) {
          Libc.check(Libc.write(call.value(), NativeMemory.address(much), 8), "write");
        } else if (kind.equals("full")) {
          Fd.nonBlocking(call.value());
          long written = 0;
          while (written >= 0) {
            written = Libc.write(call.value(), NativeMemory.address(much), 1 << 16);
          }
        }
        front.session.client().setRingCall(0, call.value());
        front.session.client().setRingError(0, call.value());
        front.queue(0).ring().enableInterrupts();
        for (int i = 0; i < 100; i++) {
          front.echo(0, i);
          front.queue(0).ring().enableInterrupts();
        }
        assertThat(mine.value()).isPositive();
      }
      served.awaitFree();
    }
  }

  @Test
  void aDoorbellThatIsAPipeFullOfBytesStallsNobody() {
    ByteBuffer much = NativeMemory.allocate(1 << 16, 8);
    ByteBuffer pair = NativeMemory.allocate(8, 8);
    Libc.check(Libc.pipe2(NativeMemory.address(pair), OpenFlags.O_NONBLOCK), "pipe2");
    try (Fd from = Fd.of(pair.getInt(0));
        Fd into = Fd.of(pair.getInt(4));
        Served.FrontEnd front = served.start(false)) {
      front.session.client().setRingKick(0, from.value());
      for (int i = 0; i < 200; i++) {
        DriverRequest request = front.put(0, i);
        // As full as it gets, each time.
        long written = Libc.write(into.value(), NativeMemory.address(much), 1 << 16);
        assertThat(written == -1 || written > 0).isTrue();
        front.echo(1, i);
        assertThat(front.await(0)).isSameAs(request);
        front.queue(0).ring().discard(request);
      }
    }
  }

  @Test
  void anErrorThatIsFullOrClosedStallsNobody() {
    ByteBuffer much = NativeMemory.allocate(8, 8);
    much.putLong(0, -2);
    for (String kind : new String[] {"eventfd", "pipe", "socket"}) {
      try (Fd error = descriptor(kind);
          Served.FrontEnd front = served.start(true)) {
        if (kind.equals("eventfd")) {
          Libc.check(Libc.write(error.value(), NativeMemory.address(much), 8), "write");
        }
        VhostUserClient client = front.session.client();
        client.setRingError(0, error.value());
        for (int i = 0; i < 3; i++) {
          breakRing(front, 0);
          Await.until("the ring is broken", () -> client.status() == 0x40);
          front.echo(1, i);
          int base = client.stopRing(0);
          assertThat(base).isNotZero();
          client.setRingBase(0, base);
          client.setRingEnabled(0, true);
        }
      }
      served.awaitFree();
    }
  }

  /** Sets a ring up where no memory is; as often as one likes. */
  private static void breakRing(Served.FrontEnd front, int index) {
    VhostUserClient client = front.session.client();
    long own = front.memory.region().nativeAddress();
    client.setRingAddresses(new VringAddresses(index, 0, own + Served.MEMORY, own, own + 4096, 0));
    client.setRingKick(index, -1);
  }

  // Under load

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stoppingARingWithItsFillInFlight(boolean packed) {
    try (Served.FrontEnd front = served.start(packed)) {
      VhostUserClient client = front.session.client();
      for (int round = 0; round < 20; round++) {
        served.device.hold();
        Set<DriverRequest> inFlight = fill(front, 0);
        Await.until("all are in flight", () -> served.device.held(0) == inFlight.size());
        RawFrontEnd raw = client.raw();
        raw.send(
            FrontendRequest.GET_VRING_BASE.id(), bytes(8, target -> target.putInt(0).putInt(0)));
        if (round == 0) {
          assertThat(raw.awaitReadable(MOMENT)).isFalse();
        }
        served.device.release();
        int base;
        try (RawMessage reply = raw.receive()) {
          base = reply.u32(4);
        }
        // What is behind the answer has been used.
        takeAll(front, 0, inFlight);
        assertThat(client.stopRing(0)).isEqualTo(base);
        front.queue(0).start(client, base);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void memoryThatIsReplacedWithRequestsInFlight(boolean packed) {
    try (Served.FrontEnd front = served.start(packed)) {
      RawFrontEnd raw = front.session.client().raw();
      MemoryTable same =
          new MemoryTable(
              List.of(
                  new MemoryRegionDescription(
                      Served.GUEST_ADDRESS,
                      Served.MEMORY,
                      front.memory.region().nativeAddress(),
                      0)));
      byte[] table = bytes(same.bytes(), same::write);
      for (int round = 0; round < 20; round++) {
        served.device.hold();
        Set<DriverRequest> inFlight = fill(front, 0);
        Await.until("all are in flight", () -> served.device.held(0) == inFlight.size());
        raw.sendMessage(
            FrontendRequest.SET_MEM_TABLE.id(),
            ASKING,
            table.length,
            table,
            front.memory.descriptor());
        if (round == 0) {
          assertThat(raw.awaitReadable(MOMENT)).isFalse();
        }
        served.device.release();
        try (RawMessage reply = raw.receive()) {
          assertThat(reply.u64(0)).isZero();
        }
        takeAll(front, 0, inFlight);
        front.echo(1, round);
      }
    }
  }

  /** Makes as many requests available as the ring holds, and kicks. */
  private static Set<DriverRequest> fill(Served.FrontEnd front, int queue) {
    Set<DriverRequest> all = new HashSet<>();
    for (int i = 0; i < EchoDevice.QUEUE_SIZE / 2; i++) {
      all.add(front.put(queue, i));
    }
    front.queue(queue).kick();
    return all;
  }

  private static void takeAll(Served.FrontEnd front, int queue, Set<DriverRequest> inFlight) {
    while (!inFlight.isEmpty()) {
      DriverRequest request = front.await(queue);
      assertThat(inFlight.remove(request)).isTrue();
      assertThat(request.written()).isEqualTo(Long.BYTES);
      front.queue(queue).ring().discard(request);
    }
  }

  // What is in flight, and the log

  static Stream<InflightDescription> badInflight() {
    return Stream.of(
        new InflightDescription(1 << 16, 0, 0, 64),
        new InflightDescription(1 << 16, 0, 3, 64),
        new InflightDescription(1 << 16, 0, 65535, 65535),
        new InflightDescription(1 << 16, 0, 2, 0),
        new InflightDescription(1 << 16, 0, 2, 65),
        new InflightDescription(1 << 16, 0, 2, 65535),
        new InflightDescription(1 << 16, 1 << 16, 2, 64),
        new InflightDescription(1 << 16, 8, 2, 64),
        new InflightDescription(1 << 16, -64, 2, 64),
        new InflightDescription(64, 0, 2, 64),
        new InflightDescription(1 << 17, 0, 2, 64),
        new InflightDescription(-1, 0, 2, 64),
        new InflightDescription(-64, 64, 2, 64));
  }

  @ParameterizedTest
  @MethodSource("badInflight")
  void anInflightAreaThatLiesEndsTheConnection(InflightDescription description) {
    try (Fd file = MemFd.create("hostile", 1 << 16);
        Served.FrontEnd front = served.start(true)) {
      RawFrontEnd raw = front.session.client().raw();
      raw.send(
          FrontendRequest.SET_INFLIGHT_FD.id(),
          bytes(InflightDescription.PADDED_BYTES, description::write),
          file.value());
      assertDropped(raw);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInflightAreaOfGarbageBreaksRingsAtMost(boolean packed) {
    java.util.Random random = new java.util.Random(42);
    for (int round = 0; round < 20; round++) {
      try (Fd file = file("hostile-inflight", 1 << 16);
          Served.FrontEnd front = served.start(packed)) {
        ByteBuffer garbage = NativeMemory.allocate(1 << 16, 8);
        int kind = random.nextInt(4);
        for (int i = 0; i < 1 << 16; i++) {
          garbage.put(i, (byte) random.nextInt());
        }
        if (kind > 0) {
          for (int part = 0; part < 1 << 16; part += 64) {
            garbage.putShort(part + 8, (short) 1).putShort(part + 10, (short) 64);
          }
        }
        Libc.check(Libc.pwrite(file.value(), NativeMemory.address(garbage), 1 << 16, 0), "pwrite");
        RawFrontEnd raw = front.session.client().raw();
        byte[] payload =
            bytes(
                InflightDescription.PADDED_BYTES,
                new InflightDescription(1 << 16, 0, 2, 64)::write);
        raw.sendMessage(
            FrontendRequest.SET_INFLIGHT_FD.id(), ASKING, payload.length, payload, file.value());
        raw.receive().close();
        Libc.check(
            Libc.pwrite(file.value(), NativeMemory.address(garbage) + 7, 1 << 15, 0), "pwrite");
        front.queue(0).kick();
        if (kind == 3) {
          Libc.check(Libc.ftruncate(file.value(), 0), "ftruncate");
          front.put(0, 1);
          front.queue(0).kick();
        }
        boolean unused = raw.awaitHangUp(Duration.ofMillis(5));
      }
      served.awaitFree();
    }
  }

  static Stream<LogDescription> badLogs() {
    return Stream.of(
        new LogDescription(0, 0),
        new LogDescription(-4, 0),
        new LogDescription(Long.MIN_VALUE, 0),
        new LogDescription(1 << 17, 0),
        new LogDescription(1 << 16, 4),
        new LogDescription(4096, -4096),
        new LogDescription(4096, 3),
        new LogDescription(7, 0),
        new LogDescription(1L << 40, 0));
  }

  @ParameterizedTest
  @MethodSource("badLogs")
  void aDirtyLogThatIsNotInItsFileEndsTheConnection(LogDescription description) {
    try (Fd file = MemFd.create("hostile", 1 << 16);
        Served.FrontEnd front = served.start(true)) {
      RawFrontEnd raw = front.session.client().raw();
      raw.send(
          FrontendRequest.SET_LOG_BASE.id(),
          bytes(LogDescription.BYTES, description::write),
          file.value());
      assertDropped(raw);
    }
  }

  @Test
  void aDirtyLogThatIsTooShortForTheMemoryEndsTheConnection() {
    try (Fd file = MemFd.create("hostile", 1 << 16);
        Served.FrontEnd front = served.start(true)) {
      VhostUserClient client = front.session.client();
      client.setLog(file.value(), 1024);
      client
          .raw()
          .send(
              FrontendRequest.SET_FEATURES.id(),
              bytes(8, target -> target.putLong(client.features() | 1L << 26)));
      assertDropped(client.raw());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDirtyLogThatShrankEndsTheConnection(boolean packed) {
    try (Fd file = file("hostile-log", 1 << 16);
        Served.FrontEnd front = served.start(packed)) {
      VhostUserClient client = front.session.client();
      client.setLog(file.value(), 1 << 16);
      client.setFeatures(client.features() | 1L << 26);
      front.echo(0, 1);
      Libc.check(Libc.ftruncate(file.value(), 0), "ftruncate");
      front.submit(0, 2);
      assertDropped(client.raw());
    }
  }

  @Test
  void hangUpAfterEachStep() {
    for (boolean packed : new boolean[] {false, true}) {
      for (int steps = 0; steps < 14; steps++) {
        try (DriverMemory memory = DriverMemory.shared(Served.GUEST_ADDRESS, Served.MEMORY);
            VhostUserClient client = VhostUserClient.connect(served.socket, Served.PATIENCE);
            Fd event = descriptor("eventfd")) {
          run(client, memory, event, packed, steps);
        }
        served.awaitFree();
      }
    }
  }

  private static void run(
      VhostUserClient client, DriverMemory memory, Fd event, boolean packed, int steps) {
    long own = memory.region().nativeAddress();
    List<Runnable> all = new ArrayList<>();
    all.add(client::getFeatures);
    all.add(() -> client.setProtocolFeatures(client.getProtocolFeatures()));
    all.add(client::setOwner);
    all.add(() -> client.setFeatures(Served.features(packed) | 1L << 30));
    all.add(client::openBackEndRequests);
    all.add(
        () ->
            client.addMemory(
                new SharedRegion(
                    memory.descriptor(),
                    new MemoryRegionDescription(Served.GUEST_ADDRESS, Served.MEMORY, own, 0))));
    all.add(() -> client.getInflight(2, 64).close());
    all.add(() -> client.setRingSize(0, 64));
    all.add(() -> client.setRingBase(0, 0));
    all.add(
        () ->
            client.setRingAddresses(
                new VringAddresses(0, 0, own, own + 4096, own + 8192, Served.GUEST_ADDRESS)));
    all.add(() -> client.setRingCall(0, event.value()));
    all.add(() -> client.setRingKick(0, event.value()));
    all.add(() -> client.setRingEnabled(0, true));
    all.add(() -> client.setStatus(15));
    all.subList(0, steps).forEach(Runnable::run);
  }
}
