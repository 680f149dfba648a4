package dev.virtio4j.bench;

import dev.virtio4j.bench.Stage.Operation;
import dev.virtio4j.blk.VirtioBlk;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.vhostuser.client.FrontEndQueue;
import java.nio.ByteBuffer;

/**
 * One queue's share of a load: keeps its depth of prepared requests in flight. Allocates nothing
 * for a request.
 */
final class QueueLoad {
  /** What a status byte is before the device writes it; no status is this (5.2.6). */
  private static final byte UNWRITTEN = (byte) 0xff;

  private static final int STATUS_AT = VirtioBlk.HEADER_BYTES;
  private static final int DATA_AT = 4096;
  private static final int FLUSH = -1;

  private final FrontEndQueue queue;
  private final DriverQueue ring;
  private final BlkLoadOptions options;
  private final LoadCounters counters;
  private final Pattern pattern;
  private final Slot[] slots;
  private final Slot flush;
  private final DriverRequest flushRequest;
  private final boolean paced;

  private Stage stage;
  private boolean filling;
  private int writesSinceFlush;

  /** One request's place: header, status and data, and what is known of the request in it. */
  private static final class Slot {
    final ByteBuffer memory;
    final DriverRequest read;
    final DriverRequest write;
    long start;
    long block;
    boolean writes;
    boolean comparable;

    Slot(ByteBuffer memory, DriverRequest read, DriverRequest write) {
      this.memory = memory;
      this.read = read;
      this.write = write;
    }
  }

  QueueLoad(
      FrontEndQueue queue, DriverMemory memory, BlkLoadOptions options, LoadCounters counters) {
    this.queue = queue;
    this.ring = queue.ring();
    this.options = options;
    this.counters = counters;
    this.pattern = new Pattern(options.seed());
    this.slots = new Slot[options.depth()];
    this.paced = options.irq() && !ring.features().eventIdx();
    boolean reads = options.workload().reads() || options.compares();
    boolean writes = options.workload().writes();
    for (int i = 0; i < slots.length; i++) {
      slots[i] = slot(memory, i, reads, writes);
    }
    long address = memory.allocate(DATA_AT, DATA_AT);
    flush = new Slot(memory.view(address, DATA_AT), null, null);
    flushRequest =
        options.flushes()
            ? prepare(
                Segment.readable(address, VirtioBlk.HEADER_BYTES),
                Segment.writable(address + STATUS_AT, 1))
            : null;
    if (flushRequest != null) {
      flushRequest.tag(FLUSH);
      flush.memory.putInt(0, VirtioBlk.T_FLUSH);
    }
    if (!options.irq()) {
      ring.disableInterrupts();
    }
  }

  /** Bytes of memory that a queue's requests take. */
  static long bytes(BlkLoadOptions options) {
    long slot = DATA_AT + ((options.blockSize() + DATA_AT - 1L) & -DATA_AT);
    long table = options.rings().indirect() ? 16L * RingOptions.PER_REQUEST * 2 : 0;
    return (slot + table) * options.depth() + 2L * DATA_AT;
  }

  private Slot slot(DriverMemory memory, int index, boolean reads, boolean writes) {
    int block = options.blockSize();
    long address = memory.allocate(DATA_AT + (long) block, DATA_AT);
    Segment header = Segment.readable(address, VirtioBlk.HEADER_BYTES);
    Segment status = Segment.writable(address + STATUS_AT, 1);
    DriverRequest read =
        reads ? prepare(header, Segment.writable(address + DATA_AT, block), status) : null;
    DriverRequest write =
        writes ? prepare(header, Segment.readable(address + DATA_AT, block), status) : null;
    if (read != null) {
      read.tag(index);
    }
    if (write != null) {
      write.tag(index);
    }
    ByteBuffer view = memory.view(address, DATA_AT + block);
    // What is written by a load that compares nothing: incompressible, and not the same everywhere.
    pattern.fill(view, DATA_AT, block, (long) index * block);
    return new Slot(view, read, write);
  }

  private DriverRequest prepare(Segment... segments) {
    return options.rings().indirect() ? ring.prepareIndirect(segments) : ring.prepare(segments);
  }

  FrontEndQueue queue() {
    return queue;
  }

  int inFlight() {
    return ring.inFlight();
  }

  /** Begins a stage, with as many requests as the depth allows. */
  void begin(Stage next) {
    stage = next;
    filling = true;
    boolean kick = false;
    for (Slot slot : slots) {
      if (!submit(slot)) {
        break;
      }
      kick |= ring.publish();
    }
    if (kick) {
      queue.kick();
    }
  }

  /** Lets what is in flight end. */
  void drain() {
    filling = false;
  }

  /** Whether it wants no more: the stage's positions are at their end, or it is drained. */
  boolean drained() {
    return !filling && ring.inFlight() == 0;
  }

  /** Sends one flush; only while nothing else is in flight. */
  void flushNow() {
    if (submitFlush() && ring.publish()) {
      queue.kick();
    }
  }

  /** Takes what has completed and submits as much; false if there was nothing. */
  boolean reap() {
    DriverRequest request = ring.poll();
    if (request == null) {
      return false;
    }
    if (paced) {
      ring.disableInterrupts();
    }
    boolean kick = false;
    // No more than were in flight, so that the clock is looked at however fast the back-end is.
    int most = slots.length;
    do {
      int tag = (int) request.tag();
      if (tag == FLUSH) {
        completeFlush();
      } else {
        Slot slot = slots[tag];
        complete(slot);
        if (filling && submit(slot)) {
          kick |= ring.publish();
        }
      }
      if (flushDue() && submitFlush()) {
        kick |= ring.publish();
      }
      request = --most > 0 ? ring.poll() : null;
    } while (request != null);
    if (kick) {
      queue.kick();
    }
    return true;
  }

  /** Asks for an interrupt; false if something completed meanwhile. */
  boolean mayWait() {
    return ring.enableInterrupts();
  }

  private boolean submit(Slot slot) {
    Stage now = stage;
    Positions positions = now.positions();
    long block = positions.next();
    if (block == Positions.END) {
      filling = false;
      return false;
    }
    boolean writes =
        now.operation() == Operation.WRITE
            || (now.operation() == Operation.EITHER && positions.bits() < 0);
    int length = options.blockSize();
    ByteBuffer memory = slot.memory;
    slot.block = block;
    slot.writes = writes;
    slot.comparable = now.compared() && !writes && known(now, block);
    if (options.compares()) {
      if (writes) {
        pattern.fill(memory, DATA_AT, length, block * length);
      } else if (now.compared()) {
        spoil(memory, length);
      }
    }
    memory.putInt(0, writes ? VirtioBlk.T_OUT : VirtioBlk.T_IN);
    memory.putLong(8, block * (length / BlkLoadOptions.SECTOR));
    memory.put(STATUS_AT, UNWRITTEN);
    if (!ring.submit(writes ? slot.write : slot.read)) {
      throw new IllegalStateException("the ring has no room for the depth that it was made for");
    }
    slot.start = System.nanoTime();
    return true;
  }

  /** So that what was there before does not pass for what was read. */
  private static void spoil(ByteBuffer memory, int length) {
    for (int i = 0; i < length; i += Long.BYTES) {
      memory.putLong(DATA_AT + i, 0);
    }
  }

  private void complete(Slot slot) {
    long now = System.nanoTime();
    counters.allRequests++;
    int length = options.blockSize();
    boolean failed = slot.memory.get(STATUS_AT) != 0;
    if (failed) {
      counters.errors++;
    }
    if (stage.recorded()) {
      long took = now - slot.start;
      counters.latency.recordValue(Math.min(took, LatencySummary.LONGEST_NANOS));
      counters.requests++;
      counters.bytes += failed ? 0 : length;
    }
    if (slot.writes) {
      writesSinceFlush++;
      if (counters.written != null && !failed) {
        counters.written.set((int) slot.block);
      }
    } else if (slot.comparable && !failed) {
      compare(slot, length);
    }
  }

  /**
   * Whether a read that is submitted now must find the pattern. Of a mix, a block holds anything
   * until a write of it has completed; a read that overtakes the first one may find either.
   */
  private boolean known(Stage now, long block) {
    return now.operation() != Operation.EITHER || counters.written.get((int) block);
  }

  private void compare(Slot slot, int length) {
    counters.compared++;
    if (!pattern.matches(slot.memory, DATA_AT, length, slot.block * length)) {
      counters.bad++;
    }
  }

  private boolean flushDue() {
    return filling
        && options.flushEvery() > 0
        && writesSinceFlush >= options.flushEvery()
        && !flushRequest.submitted();
  }

  private boolean submitFlush() {
    writesSinceFlush = 0;
    flush.memory.put(STATUS_AT, UNWRITTEN);
    flush.start = System.nanoTime();
    return ring.submit(flushRequest);
  }

  private void completeFlush() {
    counters.allRequests++;
    if (flush.memory.get(STATUS_AT) != 0) {
      counters.errors++;
    }
    if (stage.recorded()) {
      long took = System.nanoTime() - flush.start;
      counters.latency.recordValue(Math.min(took, LatencySummary.LONGEST_NANOS));
      counters.requests++;
    }
  }
}
