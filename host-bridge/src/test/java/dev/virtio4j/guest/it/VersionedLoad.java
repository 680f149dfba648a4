package dev.virtio4j.guest.it;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.vhostuser.client.FrontEndQueue;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/** Keeps writes, reads and flushes of a disk in flight, and holds each answer against the truth. */
final class VersionedLoad {
  private static final int HEADER = 16;
  private static final int STATUS_AT = 64;
  private static final int DATA_AT = 4096;
  private static final int SECTORS = BlockVersions.BLOCK / 512;
  private static final byte UNWRITTEN = (byte) 0xee;

  // Virtio 1.4, 5.2.6.
  private static final int T_IN = 0;
  private static final int T_OUT = 1;
  private static final int T_FLUSH = 4;

  private final FrontEndQueue queue;
  private final DriverQueue ring;
  private final BlockVersions versions;
  private final Random random;
  private final Slot[] slots;
  private final Deque<Slot> idle = new ArrayDeque<>();
  private long completed;
  private boolean asleep;

  /** One request's place in memory, and the shapes in which it can be sent. */
  private final class Slot {
    final ByteBuffer header;
    final ByteBuffer data;
    final List<DriverRequest> writes = new ArrayList<>();
    final List<DriverRequest> reads = new ArrayList<>();
    final DriverRequest flush;
    int type;
    int block;

    Slot(DriverMemory memory, int index) {
      long address = memory.allocate(DATA_AT + BlockVersions.BLOCK, DATA_AT);
      header = memory.view(address, DATA_AT);
      data = memory.view(address + DATA_AT, BlockVersions.BLOCK);
      Segment head = Segment.readable(address, HEADER);
      Segment status = Segment.writable(address + STATUS_AT, 1);
      long middle = address + DATA_AT + 1536;
      int rest = BlockVersions.BLOCK - 1536;
      Segment whole = Segment.readable(address + DATA_AT, BlockVersions.BLOCK);
      Segment first = Segment.readable(address + DATA_AT, 1536);
      Segment second = Segment.readable(middle, rest);
      writes.add(ring.prepare(head, whole, status));
      writes.add(ring.prepare(head, first, second, status));
      writes.add(ring.prepareIndirect(head, first, second, status));
      Segment into = Segment.writable(address + DATA_AT, BlockVersions.BLOCK);
      reads.add(ring.prepare(head, into, status));
      reads.add(ring.prepareIndirect(head, into, status));
      flush = ring.prepare(head, status);
      writes.forEach(request -> request.tag(index));
      reads.forEach(request -> request.tag(index));
      flush.tag(index);
    }

    DriverRequest choose() {
      int dice = random.nextInt(20);
      header.putLong(0, 0).putLong(8, 0);
      header.put(STATUS_AT, UNWRITTEN);
      if (dice == 0) {
        type = T_FLUSH;
        header.putInt(0, type);
        return flush;
      }
      block = versions.take(random);
      header.putLong(8, (long) block * SECTORS);
      type = dice < 7 ? T_IN : T_OUT;
      header.putInt(0, type);
      if (type == T_OUT) {
        versions.next(block, data);
      }
      List<DriverRequest> shapes = type == T_OUT ? writes : reads;
      return shapes.get(random.nextInt(shapes.size()));
    }

    void done(DriverRequest request) {
      byte status = header.get(STATUS_AT);
      if (status != 0) {
        throw new AssertionError(
            "request of type %d for block %d came back with status %d"
                .formatted(type, block, status));
      }
      long due = type == T_IN ? BlockVersions.BLOCK + 1 : 1;
      if (request.written() != due) {
        throw new AssertionError(
            "request of type %d: %d bytes written, not %d".formatted(type, request.written(), due));
      }
      if (type == T_OUT) {
        versions.written(block);
      } else if (type == T_IN) {
        versions.read(block, data);
      }
      idle.add(this);
    }
  }

  VersionedLoad(
      FrontEndQueue queue, DriverMemory memory, BlockVersions versions, Random random, int depth) {
    this.queue = queue;
    this.ring = queue.ring();
    this.versions = versions;
    this.random = random;
    slots = new Slot[depth];
    for (int i = 0; i < depth; i++) {
      slots[i] = new Slot(memory, i);
      idle.add(slots[i]);
    }
  }

  /** Sends as many requests as there are places for, in batches, each with its notification. */
  void submit() {
    boolean kick = false;
    while (!idle.isEmpty()) {
      Slot slot = idle.remove();
      DriverRequest request = slot.choose();
      if (!ring.submit(request)) {
        throw new AssertionError("the ring is too small for the load");
      }
      if (random.nextBoolean()) {
        kick |= ring.publish();
      }
    }
    kick |= ring.publish();
    if (kick) {
      queue.kick();
    }
  }

  /** Takes back what is done: each once, or the ring complains. */
  int collect() {
    int taken = 0;
    for (DriverRequest request = ring.poll(); request != null; request = ring.poll()) {
      slots[(int) request.tag()].done(request);
      taken++;
    }
    completed += taken;
    return taken;
  }

  int inFlight() {
    return ring.inFlight();
  }

  long completed() {
    return completed;
  }

  /** Whether there is nothing to do before an interrupt; it stays so until there was one. */
  boolean sleeps() {
    asleep = asleep || ring.enableInterrupts();
    return asleep;
  }

  /** An interrupt came. */
  void wake() {
    asleep = false;
    ring.disableInterrupts();
  }
}
