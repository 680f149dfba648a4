package dev.virtio4j.bench;

import dev.virtio4j.bench.Stage.Operation;
import dev.virtio4j.blk.VirtioBlk;
import dev.virtio4j.cli.command.Units;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.vhostuser.client.BackEndException;
import dev.virtio4j.vhostuser.client.FrontEndQueue;
import dev.virtio4j.vhostuser.client.FrontEndSession;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Loads a vhost-user block back-end: sets it up, runs the stages of the load, and sums up. */
public final class BlkLoad implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** Where the guest sees its memory: not where this process does, so that mistakes show. */
  private static final long GUEST_ADDRESS = 1 << 20;

  private static final long HUGE_PAGE = 2 << 20;
  private static final long MAX_VERIFIED_BLOCKS = 1L << 30;

  private final BlkLoadOptions options;
  private final FrontEndSession session;
  private DriverMemory memory;
  private long capacity;

  private BlkLoad(BlkLoadOptions options) {
    this.options = options;
    this.session =
        FrontEndSession.connect(
            options.socket(),
            TIMEOUT,
            BlkFeatures.wanted(options),
            ProtocolFeatures.MQ
                | ProtocolFeatures.REPLY_ACK
                | ProtocolFeatures.CONFIG
                | ProtocolFeatures.CONFIGURE_MEM_SLOTS
                | (options.inflight() ? ProtocolFeatures.INFLIGHT_SHMFD : 0)
                | (options.dirtyLog() ? ProtocolFeatures.LOG_SHMFD : 0));
  }

  /**
   * Runs a load to its end.
   *
   * @param options what to do
   * @param progress is told how far it is, from this thread
   * @return what was found
   * @throws LoadException if the load does not fit the disk or what the back-end offers
   * @throws BackEndException if there is no back-end, it dies, or it breaks the protocol
   */
  public static BlkLoadResult run(BlkLoadOptions options, LoadProgress progress) {
    try (BlkLoad load = new BlkLoad(options)) {
      return load.run(progress);
    } catch (IllegalStateException e) {
      throw new BackEndException("The back-end breaks the rules of the ring: " + e.getMessage(), e);
    }
  }

  private BlkLoadResult run(LoadProgress progress) {
    checkFeatures();
    long blocks = readConfig();
    int queueCount = options.rings().queues();
    int ringSize = options.ringSize();
    long rings = queueCount * (64L * ringSize + (4L << 10));
    long size = rings + queueCount * QueueLoad.bytes(options) + HUGE_PAGE;
    memory = DriverMemory.shared(GUEST_ADDRESS, (size + HUGE_PAGE - 1) & -HUGE_PAGE);
    session.shareMemory(memory);
    if (options.inflight()) {
      session.trackInflight(queueCount, ringSize);
    }
    if (options.dirtyLog()) {
      session.logWrites();
    }
    boolean remembers = options.compares() && options.workload().writes();
    LoadCounters counters = new LoadCounters(remembers ? new BitSet((int) blocks) : null);
    List<QueueLoad> queues = new ArrayList<>();
    for (int i = 0; i < queueCount; i++) {
      FrontEndQueue queue = session.addQueue(ringSize);
      queues.add(new QueueLoad(queue, memory, options, counters));
    }
    session.start();
    LoadLoop loop = new LoadLoop(session, queues, options, progress);
    runStages(loop, counters, blocks);
    session.stop();
    return new BlkLoadResult(
        options,
        ringSize,
        session.features(),
        session.offered(),
        session.client().protocolFeatures(),
        capacity,
        loop.seconds(),
        counters.requests,
        counters.bytes,
        counters.allRequests,
        LatencySummary.of(counters.latency),
        loop.kicks(),
        loop.interrupts(),
        counters.errors,
        counters.compared,
        counters.bad);
  }

  private void runStages(LoadLoop loop, LoadCounters counters, long blocks) {
    Workload workload = options.workload();
    if (workload == Workload.VERIFY) {
      loop.run(stage("writing", Operation.WRITE, Positions.once(blocks), null, true, false));
      flush(loop);
      loop.run(stage("comparing", Operation.READ, Positions.once(blocks), null, true, true));
      return;
    }
    Operation operation =
        !workload.writes() ? Operation.READ : workload.reads() ? Operation.EITHER : Operation.WRITE;
    boolean compared = options.compares() && workload.reads();
    Positions positions =
        workload.random() ? Positions.random(blocks, options.seed()) : Positions.sequential(blocks);
    if (!options.warmup().isZero()) {
      loop.run(stage("warming up", operation, positions, options.warmup(), false, compared));
    }
    loop.run(stage("measuring", operation, positions, options.time(), true, compared));
    if (counters.written != null) {
      flush(loop);
      Positions written = Positions.once(counters.written);
      loop.run(stage("comparing", Operation.READ, written, null, false, true));
    }
  }

  private void flush(LoadLoop loop) {
    if ((session.features() & VirtioBlk.F_FLUSH) != 0) {
      loop.flush();
    }
  }

  private static Stage stage(
      String label,
      Operation operation,
      Positions positions,
      Duration time,
      boolean recorded,
      boolean compared) {
    return new Stage(label, operation, positions, time, recorded, compared);
  }

  private void checkFeatures() {
    RingOptions rings = options.rings();
    long features = session.features();
    require(!rings.packed() || BlkFeatures.packed(features), "packed rings", "--packed");
    require(!rings.eventIdx() || BlkFeatures.eventIdx(features), "EVENT_IDX", "--event-idx");
    require(
        !rings.indirect() || BlkFeatures.indirect(features), "indirect descriptors", "--indirect");
    require(
        options.flushEvery() == 0 || (features & VirtioBlk.F_FLUSH) != 0,
        "flushes",
        "--flush-every");
    if (options.workload().writes() && (features & VirtioBlk.F_RO) != 0) {
      throw new LoadException(
          "the disk is read-only, and --rw %s writes; use --rw randread or read"
              .formatted(options.workload()));
    }
    int queues = session.client().queues();
    if (rings.queues() > queues) {
      throw new LoadException(
          "--queues is %d, but the back-end has %d".formatted(rings.queues(), queues));
    }
  }

  private static void require(boolean there, String what, String option) {
    if (!there) {
      throw new LoadException(
          "the back-end does not offer %s, which %s needs".formatted(what, option));
    }
  }

  /** Reads the disk's size and limits; returns how many blocks the load may use. */
  private long readConfig() {
    if (!session.client().has(ProtocolFeatures.CONFIG)) {
      throw new LoadException("the back-end does not let its disk's size be read (CONFIG)");
    }
    byte[] bytes = session.client().readConfig(0, BlkFeatures.CONFIG_BYTES);
    ByteBuffer config = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long sectors = config.getLong(VirtioBlk.CONFIG_CAPACITY);
    if (sectors < 0 || sectors > Long.MAX_VALUE / BlkLoadOptions.SECTOR) {
      throw new BackEndException(
          "The back-end says that its disk has %s sectors"
              .formatted(Long.toUnsignedString(sectors)));
    }
    capacity = sectors * BlkLoadOptions.SECTOR;
    int blockSize = options.blockSize();
    limit(VirtioBlk.F_SIZE_MAX, config.getInt(VirtioBlk.CONFIG_SIZE_MAX), false);
    limit(VirtioBlk.F_BLK_SIZE, config.getInt(VirtioBlk.CONFIG_BLK_SIZE), true);
    if (options.span() > capacity) {
      throw new LoadException(
          "--span is %s, but the disk has %s"
              .formatted(Units.size((double) options.span()), Units.size((double) capacity)));
    }
    long blocks = (options.span() == 0 ? capacity : options.span()) / blockSize;
    if (blocks == 0) {
      throw new LoadException(
          "the disk has %s, less than one block of %s"
              .formatted(Units.size((double) capacity), Units.size(blockSize)));
    }
    if (options.compares() && blocks > MAX_VERIFIED_BLOCKS) {
      throw new LoadException(
          "%d blocks are too many to keep account of; take --span, or a larger --bs"
              .formatted(blocks));
    }
    return blocks;
  }

  private void limit(long feature, int value, boolean multiple) {
    if ((session.features() & feature) == 0 || value == 0) {
      return;
    }
    long limit = Integer.toUnsignedLong(value);
    if (multiple ? options.blockSize() % limit != 0 : options.blockSize() > limit) {
      throw new LoadException(
          "--bs is %d, but the disk takes %s %d"
              .formatted(options.blockSize(), multiple ? "multiples of" : "at most", limit));
    }
  }

  @Override
  public void close() {
    session.close();
    if (memory != null) {
      memory.close();
    }
  }
}
