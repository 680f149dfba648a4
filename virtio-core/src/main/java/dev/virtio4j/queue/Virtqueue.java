package dev.virtio4j.queue;

import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MemoryRegion;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;

/**
 * A running virtqueue, seen from the device's end.
 *
 * <p>Called from one thread at a time. A guest that breaks the ring latches a {@link QueueFault}:
 * from then on nothing is taken or used, until the queue is reset and another made in its place. No
 * method allocates in steady state, and none does more work than the queue size and the limit of
 * indirect tables allow.
 *
 * <p>Where the file behind guest memory was truncated, the queue is latched as {@link
 * QueueFault.Kind#MEMORY_LOST}; none of these methods throws {@link InternalError}.
 */
public abstract sealed class Virtqueue permits SplitVirtqueue, PackedVirtqueue {
  /**
   * The longest indirect table that is served, in descriptors. The standard's bound for drivers is
   * the queue size (Virtio 1.4, 2.7.5.3.1), which drivers in the field exceed; this is the kernel's
   * bound for one vectored call (IOV_MAX).
   */
  public static final int MAX_INDIRECT = 1024;

  /**
   * How many segments may be in flight when another chain is taken: what 1024 requests have that
   * are as long as one may be. It bounds what a guest can make a queue of more entries hold.
   */
  public static final int MAX_SEGMENTS = 1024 * MAX_INDIRECT;

  final QueueConfig config;
  final RingFeatures features;
  final int size;
  GuestMemory memory;

  private final BufferChain[] chains;
  private final int[] freeSlots;
  private int freeCount;
  private int segmentsInFlight;

  /** The chain being filled; {@link #poll()} takes it back if it is not handed out. */
  private BufferChain filling;

  /** The chain that the last {@link #poll()} took; null if it took none. */
  private BufferChain latest;

  /** A circle of slots in the order in which they were taken, for IN_ORDER; null otherwise. */
  private final int[] order;

  private int orderHead;
  private int orderCount;

  private int unsignalled;
  private QueueFault fault;

  /** The ring's windows must not be touched any more. */
  private boolean detached;

  Virtqueue(QueueConfig config, RingFeatures features, GuestMemory memory) {
    this.config = config;
    this.features = features;
    this.size = config.size();
    this.memory = memory;
    this.chains = new BufferChain[size];
    this.freeSlots = new int[size];
    for (int i = 0; i < size; i++) {
      freeSlots[i] = size - 1 - i;
    }
    this.freeCount = size;
    this.order = features.inOrder() ? new int[size] : null;
  }

  /**
   * Starts a queue without crash recovery.
   *
   * @param state where it stands
   * @param features what was negotiated
   * @param maxSize the largest size that the device offers for this queue
   * @param memory the guest's memory
   * @return the running queue
   * @throws IllegalArgumentException if the guest's set-up of it is not valid
   */
  public static Virtqueue start(
      QueueState state, RingFeatures features, int maxSize, GuestMemory memory) {
    return start(state, features, maxSize, memory, null);
  }

  /**
   * Starts a queue.
   *
   * @param state where it stands; with an inflight log, its used index (split) or all of its
   *     indices (packed) are the log's instead
   * @param features what was negotiated
   * @param maxSize the largest size that the device offers for this queue
   * @param memory the guest's memory
   * @param inflightLog records what is in flight, so that another process can go on after a crash;
   *     chains it holds are handed out again first. May be null
   * @return the running queue
   * @throws IllegalArgumentException if the guest's set-up of it is not valid, or the log is one of
   *     the other ring format or of another size
   */
  public static Virtqueue start(
      QueueState state,
      RingFeatures features,
      int maxSize,
      GuestMemory memory,
      InflightLog inflightLog) {
    Objects.requireNonNull(memory, "memory");
    String problem = state.config().problem(features, maxSize, memory);
    if (problem != null) {
      throw new IllegalArgumentException(problem);
    }
    if (features.packed()) {
      return new PackedVirtqueue(state, features, memory, inflightLog);
    }
    return new SplitVirtqueue(state, features, memory, inflightLog);
  }

  /**
   * Takes the next chain that the guest made available.
   *
   * @return the chain, until {@link #complete(BufferChain, long)} gives it back; null if there is
   *     none, or if the queue is broken, which {@link #fault()} tells
   */
  public final BufferChain poll() {
    if (fault != null) {
      return null;
    }
    latest = null;
    BufferChain chain = null;
    try {
      chain = next();
    } catch (InternalError e) {
      memoryLost(e);
      // JDK 17 throws this later than where it happened, perhaps with the chain complete.
      filling = latest != null ? latest : filling;
    }
    if (filling != null) {
      release(filling);
      filling = null;
      latest = null;
      chain = null;
    }
    return chain;
  }

  /**
   * The chain that {@link #poll()} took last, for whoever has to clean up after an error in it.
   *
   * @return null if it took none
   */
  public final BufferChain latest() {
    return latest;
  }

  /** Takes the next chain; null if there is none or it broke the queue. */
  abstract BufferChain next();

  /**
   * Gives a chain back to the guest. With IN_ORDER it is held until those taken before it have been
   * given back. On a broken queue nothing is written.
   *
   * @param chain a chain in flight
   * @param written bytes of its device-writable part that were written, counted from its start
   * @throws IllegalStateException if it is not in flight in this queue
   * @throws IllegalArgumentException if the chain has less room than was written
   */
  public final void complete(BufferChain chain, long written) {
    int slot = chain.slot();
    if (slot >= size || chains[slot] != chain || !chain.inFlight()) {
      throw new IllegalStateException("not in flight: " + chain);
    }
    if (written < 0 || written > chain.writableBytes()) {
      throw new IllegalArgumentException(written + " bytes written to " + chain);
    }
    if (fault == null && order != null) {
      chain.hold(written);
      useInOrder();
      return;
    }
    useAndRelease(chain, written);
  }

  /** IN_ORDER: used in the order in which they became available (Virtio 1.4, 2.7.9 and 2.8.8). */
  private void useInOrder() {
    while (orderCount != 0) {
      BufferChain oldest = chains[order[orderHead]];
      if (!oldest.held()) {
        return;
      }
      orderHead = orderHead + 1 == size ? 0 : orderHead + 1;
      orderCount--;
      useAndRelease(oldest, oldest.heldWritten());
    }
  }

  private void useAndRelease(BufferChain chain, long written) {
    if (fault == null) {
      try {
        if (memory.logged()) {
          chain.markWritable(memory.dirtyLog());
        }
        use(chain, written);
        unsignalled++;
      } catch (InternalError e) {
        memoryLost(e);
      }
    }
    release(chain);
  }

  /** Writes the used entry and publishes it. */
  abstract void use(BufferChain chain, long written);

  /**
   * Tells whether the guest asked to be interrupted for what was used since the last call. To be
   * asked once after a run of completions; also on a broken queue, for what was used before.
   *
   * @return true if an interrupt is due
   */
  public final boolean takeInterrupt() {
    if (unsignalled == 0 || detached) {
      return false;
    }
    unsignalled = 0;
    try {
      return interruptDue();
    } catch (InternalError e) {
      memoryLost(e);
      return false;
    }
  }

  /** Whether what was used since the last call is something that the guest waits for. */
  abstract boolean interruptDue();

  /**
   * How many chains were given back since {@link #takeInterrupt()} was last asked.
   *
   * @return 0 or more
   */
  public final int unsignalled() {
    return unsignalled;
  }

  /**
   * Asks the guest for a notification when it makes the next chain available.
   *
   * @return true if nothing had become available meanwhile, so that the caller may sleep; false if
   *     there is more to take, or the queue is broken
   */
  public final boolean enableNotifications() {
    if (fault != null) {
      return false;
    }
    try {
      return ask() && !pending();
    } catch (InternalError e) {
      memoryLost(e);
      return false;
    }
  }

  /** Asks for a notification, with a full fence before the return; false to stay awake. */
  abstract boolean ask();

  /** Tells the guest that its notifications are not needed: the caller is looking. */
  public final void disableNotifications() {
    if (fault != null) {
      return;
    }
    try {
      decline();
    } catch (InternalError e) {
      memoryLost(e);
    }
  }

  /** Tells the guest that notifications are not needed. */
  abstract void decline();

  /**
   * Looks without taking.
   *
   * @return true if {@link #poll()} would find something to do
   */
  public final boolean available() {
    if (fault != null) {
      return false;
    }
    try {
      return pending();
    } catch (InternalError e) {
      memoryLost(e);
      return false;
    }
  }

  /** Whether there is something to take, chains of before a crash included. */
  abstract boolean pending();

  /**
   * How many chains of before a crash are still to be taken; {@link #poll()} hands them out first.
   * A queue that stops with some left must be started again with the same inflight log, since
   * {@link #state()} counts them as taken.
   *
   * @return 0 or more; 0 without an inflight log, and of a broken queue, which hands out nothing
   */
  public final int resubmissions() {
    return fault == null ? unserved() : 0;
  }

  /** How many chains of before a crash were not taken yet. */
  abstract int unserved();

  /**
   * Where the queue stands. Meaningful for a restart when nothing is in flight, and, without the
   * inflight log, when no {@link #resubmissions()} are left.
   *
   * @return indices and wrap counters, with the configuration
   */
  public abstract QueueState state();

  /** Opens the ring's windows in {@link #memory}. */
  abstract void open();

  /**
   * Goes on in another snapshot of the guest's memory. Breaks the queue if its rings are not there;
   * in no case is the old memory touched afterwards.
   *
   * @param snapshot the new memory
   * @throws IllegalStateException if chains are in flight
   */
  public final void memory(GuestMemory snapshot) {
    if (inFlight() != 0) {
      throw new IllegalStateException(inFlight() + " chains are in flight");
    }
    memory = Objects.requireNonNull(snapshot, "snapshot");
    String problem = config.problem(features, QueueConfig.MAX_SIZE, snapshot);
    if (problem != null) {
      detached = true;
      fail(QueueFault.Kind.ADDRESS, problem);
    } else {
      open();
    }
  }

  /**
   * The memory that chains are checked against.
   *
   * @return the current snapshot
   */
  public final GuestMemory memory() {
    return memory;
  }

  /**
   * The queue's shape.
   *
   * @return size and addresses
   */
  public final QueueConfig config() {
    return config;
  }

  /**
   * What was negotiated.
   *
   * @return the features that shape the ring
   */
  public final RingFeatures features() {
    return features;
  }

  /**
   * How many chains were taken and not yet given back, those that IN_ORDER holds included.
   *
   * @return 0 to the queue size
   */
  public final int inFlight() {
    return size - freeCount;
  }

  /**
   * How the guest broke the queue.
   *
   * @return the first fault, or null if there was none
   */
  public final QueueFault fault() {
    return fault;
  }

  /**
   * Breaks the queue: for a chain that a device cannot make sense of at all.
   *
   * @param detail a sentence that says what was wrong
   */
  public final void refuse(String detail) {
    fail(QueueFault.Kind.REFUSED, detail);
  }

  /**
   * Breaks the queue, for whoever runs it and cannot go on.
   *
   * @param kind why
   * @param detail a sentence that says what happened
   */
  public final void fail(QueueFault.Kind kind, String detail) {
    if (fault != null) {
      return;
    }
    fault = new QueueFault(kind, detail);
    // What IN_ORDER holds was given back by the device and will never be used: not in flight.
    for (; orderCount != 0; orderCount--) {
      BufferChain chain = chains[order[orderHead]];
      if (chain.held()) {
        release(chain);
      }
      orderHead = orderHead + 1 == size ? 0 : orderHead + 1;
    }
  }

  final void memoryLost(InternalError e) {
    detached = true;
    fail(QueueFault.Kind.MEMORY_LOST, "the memory has vanished: " + e.getMessage());
    // JDK 17 throws such an error at a later place than where it happened. One of another access
    // may still be due, and is better thrown here than in a loop that has just taken a task.
    for (int i = 0; i < 2; i++) {
      try {
        LockSupport.parkNanos(1);
      } catch (InternalError late) {
        e.addSuppressed(late);
      }
    }
  }

  /** Takes a free chain to fill; null, with the queue broken, if the guest overcommitted. */
  final BufferChain acquire(int id) {
    if (freeCount == 0) {
      fail(
          QueueFault.Kind.IN_FLIGHT,
          "more than %d chains are in flight in a ring of as many".formatted(size));
      return null;
    }
    if (segmentsInFlight >= MAX_SEGMENTS) {
      fail(
          QueueFault.Kind.IN_FLIGHT,
          "%d segments are in flight, and %d at most may be"
              .formatted(segmentsInFlight, MAX_SEGMENTS));
      return null;
    }
    int slot = freeSlots[--freeCount];
    BufferChain chain = chains[slot];
    if (chain == null) {
      chain = new BufferChain(this, slot);
      chains[slot] = chain;
    }
    chain.begin(id);
    filling = chain;
    return chain;
  }

  /** Hands a filled chain out. */
  final BufferChain accept(BufferChain chain, int ringDescriptors) {
    latest = chain;
    filling = null;
    chain.finish(ringDescriptors);
    segmentsInFlight += chain.segments();
    if (order != null) {
      int end = orderHead + orderCount;
      order[end < size ? end : end - size] = chain.slot();
      orderCount++;
    }
    return chain;
  }

  private void release(BufferChain chain) {
    if (chain.accepted()) {
      segmentsInFlight -= chain.segments();
    }
    chain.end();
    freeSlots[freeCount++] = chain.slot();
  }

  /** Adds a descriptor to the chain being filled; false, with the queue broken, if it is bad. */
  final boolean add(BufferChain chain, long address, int length, int flags) {
    QueueFault.Kind kind = chain.add(memory, address, length, (flags & DescriptorFlags.WRITE) != 0);
    if (kind == null) {
      return true;
    }
    fail(kind, BufferChain.explain(kind, address, length));
    return false;
  }

  /** Checks where an indirect table is; null, with the queue broken, if it cannot be one. */
  final MemoryRegion indirectTable(long table, int length) {
    if (!features.indirect()) {
      fail(QueueFault.Kind.INDIRECT, "indirect table, but INDIRECT_DESC was not negotiated");
      return null;
    }
    long bytes = Integer.toUnsignedLong(length);
    if (bytes == 0 || (bytes & 15) != 0 || bytes > 16L * MAX_INDIRECT) {
      fail(
          QueueFault.Kind.INDIRECT,
          "indirect table of %d bytes; at most %d descriptors of 16 bytes are served"
              .formatted(bytes, MAX_INDIRECT));
      return null;
    }
    MemoryRegion region = memory.find(table, bytes);
    if (region == null) {
      fail(
          QueueFault.Kind.ADDRESS,
          "indirect table at 0x%x with %d bytes is not in guest memory".formatted(table, bytes));
    }
    return region;
  }
}
