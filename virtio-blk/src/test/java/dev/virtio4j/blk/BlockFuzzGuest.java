package dev.virtio4j.blk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.BlockModel.Verdict;
import dev.virtio4j.blk.image.Engine;
import dev.virtio4j.driver.DriverDevice;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.driver.SteppedLoop;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.queue.RingFeatures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One guest with one disk: sends requests of all kinds, and compares all of its memory, every
 * status and the disk with what the model says.
 */
final class BlockFuzzGuest implements AutoCloseable {
  private static final long BASE = 0x4000_0000L;
  private static final int MEMORY = 1 << 18;
  private static final int SECTORS = 128;
  private static final int ROUNDS = 250;
  private static final int SLOTS = 4;
  private static final int SLOT = 24 << 10;

  private final SplittableRandom random;
  private final Path image;
  private final byte[] onDisk = new byte[SECTORS * 512];
  private final DriverMemory memory = DriverMemory.direct(BASE, MEMORY);
  private final ByteBuffer bytes = memory.view(BASE, MEMORY);
  private final ByteBuffer expected = ByteBuffer.allocateDirect(MEMORY);
  private final BlockDevice device;
  private final DriverDevice driver;
  private final GuestMemory guestMemory;
  private final RequestMutator mutator;
  private final BlockModel model;
  private final long features;
  private final long slots;
  private DriverQueue queue;
  private long mutations;

  private final List<Sent> batch = new ArrayList<>();
  private final BitSet touched = new BitSet(SECTORS);
  private int descriptors;
  private int nextSlot;

  /** A request that is under way, and what it must come to. */
  private record Sent(
      DriverRequest request,
      List<Segment> segments,
      Verdict verdict,
      ByteBuffer data,
      boolean clear) {}

  BlockFuzzGuest(SplittableRandom random, Path folder) throws IOException {
    this.random = random;
    random.nextBytes(onDisk);
    image = folder.resolve("disk.img");
    Files.write(image, onDisk);
    device = device();
    SteppedLoop loop = new SteppedLoop();
    driver = new DriverDevice(device, memory, loop);
    guestMemory = random.nextInt(4) == 0 ? BlkDriver.copied(memory) : memory.guestMemory();
    long without = random.nextBoolean() ? RingFeatures.RING_PACKED : 0;
    for (long bit : new long[] {RingFeatures.IN_ORDER, VirtioBlk.F_SEG_MAX, VirtioBlk.F_DISCARD}) {
      without |= random.nextInt(3) == 0 ? bit : 0;
    }
    features = device.features() & ~without;
    model = new BlockModel(onDisk, device.config(), features);
    mutator = new RequestMutator(random, SECTORS);
    slots = memory.allocate((long) SLOTS * SLOT, 64);
    for (int i = 0; i < MEMORY; i += 8) {
      bytes.putLong(i, random.nextLong());
    }
    startQueue();
  }

  private BlockDevice device() {
    Engine engine = random.nextInt(4) == 0 ? Engine.PORTABLE : Engine.VECTORED;
    return BlockDevice.builder(image)
        .engine(random.nextInt(32) == 0 ? Engine.IO_URING : engine)
        .serial("fuzz" + random.nextInt(100))
        .readOnly(random.nextInt(8) == 0)
        .queueSize(4 << random.nextInt(4))
        .sync(random.nextInt(8) == 0 ? SyncMode.FULL : SyncMode.NONE)
        .discard(random.nextInt(8) != 0)
        .discardSegments(1 + random.nextInt(3))
        .build();
  }

  private void startQueue() {
    driver.negotiate(features);
    int size = device.maxQueueSize(0);
    queue = zeroed(size);
    driver.await(
        driver
            .lifecycle()
            .startQueue(0, QueueState.initial(queue.config()), guestMemory, () -> {}, null));
  }

  private DriverQueue zeroed(int size) {
    RingFeatures ring = RingFeatures.of(features);
    DriverQueue made = DriverQueue.create(memory, size, ring);
    long from = made.config().descriptorArea();
    long end = memory.allocate(0, 64);
    for (long at = from; at < end; at++) {
      bytes.put((int) (at - BASE), (byte) 0);
    }
    return made;
  }

  /** Sends requests until it has broken its queue or sent enough; how many changes it made. */
  long run() throws IOException {
    boolean broke = false;
    for (int i = 0; i < ROUNDS && !broke; i++) {
      mutator.next();
      mutations += mutator.mutations();
      broke = random.nextInt(300) == 0;
      send(broke);
      if (random.nextInt(32) == 0) {
        check();
        compareDisk();
      }
    }
    check();
    compareDisk();
    if (broke) {
      driver.reset();
      startQueue();
    }
    goodRequests();
    compareDisk();
    return mutations;
  }

  // Requests

  private void send(boolean broken) {
    long slot = slots + (long) nextSlot * SLOT;
    nextSlot = (nextSlot + 1) % SLOTS;
    List<Segment> segments = place(slot, broken);
    boolean table = segments.size() > queue.config().size() - descriptors || random.nextInt(3) == 0;
    int takes = table ? 1 : segments.size();
    if (broken) {
      check();
      breakQueue(segments, table);
      return;
    }
    Verdict verdict = model.judge(segments, bytes, BASE);
    // Which of two on the same sectors is done first is the device's choice.
    if (!verdict.touch(touched) || descriptors + takes > queue.config().size()) {
      check();
      verdict.touch(touched);
    }
    batch.add(
        new Sent(
            submit(segments, table),
            segments,
            verdict,
            ByteBuffer.wrap(model.perform(verdict)),
            clear(segments)));
    if (batch.size() == SLOTS || random.nextInt(3) > 0) {
      check();
    }
  }

  private DriverRequest submit(List<Segment> segments, boolean table) {
    Segment[] all = segments.toArray(Segment[]::new);
    DriverRequest request = table ? queue.prepareIndirect(all) : queue.prepare(all);
    assertThat(queue.submit(request)).isTrue();
    descriptors += table ? 1 : all.length;
    return request;
  }

  /** Whether nothing that the device writes is also another part of the request. */
  private static boolean clear(List<Segment> segments) {
    for (int i = 0; i < segments.size(); i++) {
      Segment one = segments.get(i);
      for (Segment other : segments.subList(i + 1, segments.size())) {
        boolean overlaps =
            one.address() < other.address() + other.length()
                && other.address() < one.address() + one.length();
        if (overlaps && (one.writable() || other.writable())) {
          return false;
        }
      }
    }
    return true;
  }

  private List<Segment> place(long slot, boolean broken) {
    List<Segment> segments = new ArrayList<>();
    byte[] readable = mutator.readable();
    int at = random.nextInt(64);
    for (int done = 0; done < readable.length; ) {
      int piece = piece(readable.length - done);
      bytes.put((int) (slot - BASE) + at, readable, done, piece);
      segments.add(Segment.readable(slot + at, piece));
      done += piece;
      at += piece + random.nextInt(4);
    }
    for (int left = mutator.writable(); left > 0; ) {
      int piece = piece(left);
      segments.add(Segment.writable(slot + at, piece));
      left -= piece;
      at += piece + random.nextInt(4);
    }
    if (broken) {
      spoil(segments);
    } else {
      rearrange(segments, slot);
    }
    if (segments.isEmpty()) {
      segments.add(Segment.readable(slot, 1));
    }
    return segments;
  }

  private int piece(int left) {
    return switch (random.nextInt(6)) {
      case 0 -> 1 + random.nextInt(left);
      case 1 -> Math.max(1, left - 1);
      case 2 -> Math.min(left, 16);
      default -> left;
    };
  }

  /** What is odd, and yet a chain. */
  private void rearrange(List<Segment> segments, long slot) {
    if (random.nextInt(20) == 0) {
      mutations++;
      segments.add(random.nextInt(segments.size() + 1), emptySegment());
    }
    if (!segments.isEmpty() && random.nextInt(12) == 0) {
      mutations++;
      int which = random.nextInt(segments.size());
      Segment moved = segments.get(which);
      long to = slot + random.nextInt(SLOT - moved.length());
      segments.set(which, new Segment(to, moved.length(), moved.writable()));
    }
  }

  private Segment emptySegment() {
    return new Segment(random.nextLong(), 0, random.nextBoolean());
  }

  /** Makes a chain that is none. */
  private void spoil(List<Segment> segments) {
    mutations++;
    long wild =
        switch (random.nextInt(4)) {
          case 0 -> random.nextLong() | Long.MIN_VALUE;
          case 1 -> BASE + MEMORY - random.nextInt(16);
          case 2 -> BASE - 1 - random.nextInt(16);
          default -> -1 - random.nextInt(16);
        };
    if (random.nextBoolean() && segments.stream().anyMatch(Segment::writable)) {
      segments.add(Segment.readable(slots, 1 + random.nextInt(16)));
    } else {
      segments.add(Segment.writable(wild, 16 + random.nextInt(100)));
    }
    while (segments.size() > 4) {
      segments.remove(0);
    }
    if (segments.stream().noneMatch(Segment::writable)) {
      segments.add(0, Segment.writable(slots, 1));
    }
  }

  // Results

  private void kick() {
    queue.publish();
    expected.put(0, bytes, 0, MEMORY);
    driver.kick(0);
  }

  private void breakQueue(List<Segment> segments, boolean table) {
    submit(segments, table);
    kick();
    assertThat(driver.runUntil(() -> driver.fault(0) != null || queue.ready())).isTrue();
    assertThat(driver.fault(0)).as("a chain that is none").isNotNull();
    assertThat(queue.ready()).as("it was answered").isFalse();
    allowRing();
    compareMemory();
  }

  /** Has the device do what was submitted, and compares. */
  private void check() {
    if (batch.isEmpty()) {
      return;
    }
    kick();
    for (int i = 0; i < batch.size(); i++) {
      assertThat(driver.runUntil(() -> queue.ready() || driver.fault(0) != null)).isTrue();
      assertThat(driver.fault(0)).isNull();
      DriverRequest done = queue.poll();
      Sent sent = batch.stream().filter(s -> s.request == done).findFirst().orElseThrow();
      land(sent);
      queue.discard(done);
    }
    allowRing();
    compareMemory();
    batch.clear();
    touched.clear();
    descriptors = 0;
  }

  private void land(Sent sent) {
    List<Segment> writable =
        sent.segments.stream().filter(s -> s.writable() && s.length() > 0).toList();
    long room = writable.stream().mapToLong(Segment::length).sum();
    assertThat(sent.request.written()).isLessThanOrEqualTo(room);
    if (sent.verdict.status() == BlockModel.NONE) {
      assertThat(sent.request.written()).isZero();
      return;
    }
    Segment last = writable.get(writable.size() - 1);
    int statusAt = (int) (last.address() - BASE) + last.length() - 1;
    String what = "%s in %s".formatted(sent.verdict, sent.segments);
    assertThat((int) bytes.get(statusAt)).as(what).isEqualTo(sent.verdict.status());
    if (!sent.clear) {
      writable.forEach(s -> take((int) (s.address() - BASE), s.length()));
      return;
    }
    int done = 0;
    for (Segment segment : writable) {
      int length = Math.min(segment.length(), sent.data.capacity() - done);
      expected.put((int) (segment.address() - BASE), sent.data, done, length);
      done += length;
    }
    expected.put(statusAt, (byte) sent.verdict.status());
    // 2.7.8.2: what the length counts was written.
    if (room > 1 && sent.verdict.status() == 0 && !RingFeatures.of(features).inOrder()) {
      assertThat(sent.request.written())
          .as(what)
          .isEqualTo(sent.data.capacity() == room - 1 ? room : sent.data.capacity());
    }
  }

  private void allowRing() {
    RingFeatures ring = RingFeatures.of(features);
    take((int) (queue.config().deviceArea() - BASE), queue.config().deviceBytes(ring));
    if (ring.packed()) {
      take((int) (queue.config().descriptorArea() - BASE), queue.config().descriptorBytes());
    }
  }

  private void take(int at, int length) {
    expected.put(at, bytes, at, length);
  }

  private void compareMemory() {
    int at = bytes.duplicate().clear().mismatch(expected.duplicate().clear());
    if (at >= 0) {
      throw new AssertionError(
          "memory at 0x%x is 0x%02x, not 0x%02x, after %s"
              .formatted(BASE + at, bytes.get(at), expected.get(at), batch));
    }
  }

  private void compareDisk() throws IOException {
    int at = Arrays.mismatch(Files.readAllBytes(image), onDisk);
    assertThat(at).as("first wrong byte of the disk").isEqualTo(-1);
  }

  /** Still there, and doing what a good driver asks. */
  private void goodRequests() {
    byte[] some = new byte[512];
    random.nextBytes(some);
    int sector = random.nextInt(SECTORS);
    boolean writes = !device.readOnly();
    if (writes) {
      System.arraycopy(some, 0, onDisk, 512 * sector, 512);
      assertThat(call(VirtioBlk.T_OUT, sector, some, false)).isZero();
    }
    assertThat(call(VirtioBlk.T_IN, sector, new byte[512], true)).isZero();
    byte[] got = new byte[512];
    bytes.get((int) (slots - BASE) + 64, got);
    assertThat(got).isEqualTo(Arrays.copyOfRange(onDisk, 512 * sector, 512 * sector + 512));
  }

  private int call(int type, long sector, byte[] data, boolean in) {
    int at = (int) (slots - BASE);
    bytes.putInt(at, type).putInt(at + 4, 0).putLong(at + 8, sector).put(at + 64, data);
    bytes.put(at + 32, (byte) 0xee);
    DriverRequest request =
        queue.prepare(
            Segment.readable(slots, 16),
            new Segment(slots + 64, data.length, in),
            Segment.writable(slots + 32, 1));
    assertThat(queue.submit(request)).isTrue();
    queue.publish();
    driver.kick(0);
    assertThat(driver.runUntil(queue::ready)).as("a good request is answered").isTrue();
    assertThat(queue.poll()).isSameAs(request);
    queue.discard(request);
    return bytes.get(at + 32);
  }

  @Override
  public void close() {
    driver.close();
    device.close();
  }
}
