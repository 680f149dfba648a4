package dev.virtio4j.device;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.Poller;
import dev.virtio4j.loop.PollerHandle;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.MemoryFaults;
import dev.virtio4j.queue.BufferChain;
import dev.virtio4j.queue.QueueFault;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.queue.Virtqueue;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;

/**
 * Runs one queue of a device on its loop: calls the handler when there is something, sends
 * interrupts when the guest asked for them, and stops or pauses when nothing is in flight.
 */
final class QueueRunner implements Poller, DeviceQueue {
  private static final System.Logger LOG = System.getLogger(QueueRunner.class.getName());

  /** Chains that one turn may take, so that other queues of the loop get theirs. */
  private static final int TURN = 64;

  /** Completions after which an interrupt is considered, in the middle of a turn. */
  private static final int SIGNAL_EVERY = 4;

  /** Tells the owner that the guest broke the queue. */
  interface FaultListener {
    void broken(int index, Virtqueue queue);
  }

  private final int index;
  private final Virtqueue queue;
  private final long features;
  private final DeviceLoop loop;
  private final QueueInterrupt interrupt;
  private final FaultListener faults;
  private final QueueHandler handler;
  private final PollerHandle handle;

  private int budget;
  private boolean inTurn;

  /** How many want the queue at rest: at first its owner, until {@link #resume()}. */
  private int pauses = 1;

  /** The number of the memory's snapshot, of those that came after the start. */
  private long snapshot;

  private boolean finished;
  private boolean faultTold;

  /** The chain that the handler was given last, until it asks for another. */
  private BufferChain handling;

  /** Whether an error came up before {@link #handling} was known. */
  private boolean taking;

  private CompletableFuture<Void> drained;

  /** Rung from any thread. */
  private final LongAdder kicks = new LongAdder();

  private long chains;
  private long completed;
  private long interrupts;
  private long suppressed;

  QueueRunner(
      VirtioDevice device,
      int index,
      Virtqueue queue,
      long features,
      DeviceLoop loop,
      QueueInterrupt interrupt,
      FaultListener faults) {
    this.index = index;
    this.queue = queue;
    this.features = features;
    this.loop = loop;
    this.interrupt = interrupt;
    this.faults = faults;
    this.handler = device.startQueue(this);
    this.handle = loop.add(this);
  }

  /** The guest rang. From any thread. */
  void ring() {
    kicks.increment();
    handle.wake();
  }

  /** Takes chains, unless somebody else still wants the queue at rest. On the loop. */
  void resume() {
    pauses--;
    if (pauses == 0 && !finished) {
      queue.disableNotifications();
      handle.wake();
    }
    surfaceFaults();
  }

  /** Stops taking chains; completes when none is in flight. On the loop. */
  CompletionStage<Void> pause() {
    pauses++;
    if (drained == null) {
      drained = new CompletableFuture<>();
    }
    CompletableFuture<Void> done = drained;
    try {
      handler.quiesce();
    } catch (Throwable e) {
      breakQueue(e);
      tellFault();
    }
    checkDrained();
    surfaceFaults();
    return done;
  }

  /**
   * Goes on in other memory, while paused, unless it has got a later snapshot. On the loop.
   *
   * @param number grows with each snapshot
   */
  void memory(GuestMemory memory, long number) {
    if (number > snapshot) {
      snapshot = number;
      queue.memory(memory);
      tellFault();
      surfaceFaults();
    }
  }

  /** Outside of a turn nobody else sees what the ring's memory did. */
  private void surfaceFaults() {
    try {
      MemoryFaults.surface();
    } catch (InternalError e) {
      breakQueue(e);
      tellFault();
    }
  }

  /** After {@link #pause()}: leaves the loop and yields where the queue stands. On the loop. */
  QueueState finish() {
    finished = true;
    handle.close();
    return queue.state();
  }

  QueueCounters counters() {
    return new QueueCounters(
        chains, completed, kicks.sum(), interrupts, suppressed, queue.inFlight());
  }

  Virtqueue queue() {
    return queue;
  }

  DeviceLoop owner() {
    return loop;
  }

  // Poller

  @Override
  public boolean poll() {
    if (pauses != 0) {
      return signal();
    }
    budget = TURN;
    handling = null;
    inTurn = true;
    try {
      handler.process();
      // What it took and has not completed is in flight, and its own to complete.
      handling = null;
    } finally {
      inTurn = false;
    }
    boolean signalled = signal();
    tellFault();
    return budget != TURN || signalled;
  }

  @Override
  public boolean arm() {
    signal();
    // A broken or paused queue has nothing to be woken for.
    boolean sleeps = pauses != 0 || queue.fault() != null || queue.enableNotifications();
    tellFault();
    return sleeps || queue.fault() != null;
  }

  @Override
  public void disarm() {
    queue.disableNotifications();
  }

  /**
   * The handler threw: an {@link InternalError} when a file behind guest memory was truncated. The
   * queue is broken; what is in flight completes without a trace.
   */
  @Override
  public void failed(Throwable cause) {
    breakQueue(cause);
    BufferChain lost = taking ? queue.latest() : handling;
    handling = null;
    taking = false;
    if (lost != null && lost.inFlight()) {
      queue.complete(lost, 0);
    }
    signal();
    tellFault();
    checkDrained();
  }

  private void breakQueue(Throwable cause) {
    if (queue.fault() == null) {
      if (!(cause instanceof InternalError)) {
        // The device's own mistake. Truncated memory is the guest's, who could fill the log.
        LOG.log(Level.WARNING, () -> "queue " + index + " is broken: serving it failed", cause);
      }
      queue.fail(
          cause instanceof InternalError
              ? QueueFault.Kind.MEMORY_LOST
              : QueueFault.Kind.DEVICE_FAILED,
          "serving it failed: " + cause);
    }
  }

  /** Interrupts the guest if it asked for that; true if anything was used since the last time. */
  private boolean signal() {
    int count = queue.unsignalled();
    if (count == 0) {
      return false;
    }
    if (queue.takeInterrupt()) {
      interrupts++;
      suppressed += count - 1;
      interrupt.signal();
    } else {
      suppressed += count;
    }
    return true;
  }

  private void tellFault() {
    if (!faultTold && queue.fault() != null) {
      faultTold = true;
      faults.broken(index, queue);
    }
  }

  private void checkDrained() {
    if (drained != null && queue.inFlight() == 0) {
      signal();
      CompletableFuture<Void> done = drained;
      drained = null;
      done.complete(null);
    }
  }

  // DeviceQueue

  @Override
  public int index() {
    return index;
  }

  @Override
  public int size() {
    return queue.config().size();
  }

  @Override
  public DeviceLoop loop() {
    return loop;
  }

  @Override
  public long features() {
    return features;
  }

  @Override
  public BufferChain next() {
    handling = null;
    if (budget == 0 || pauses != 0) {
      return null;
    }
    taking = true;
    BufferChain chain = queue.poll();
    handling = chain;
    taking = false;
    if (chain != null) {
      budget--;
      chains++;
    }
    return chain;
  }

  @Override
  public void complete(BufferChain chain, long written) {
    if (queue.fault() != null && !chain.inFlight()) {
      // The handler failed while it had the chain, which counts as finished since.
      return;
    }
    queue.complete(chain, written);
    completed++;
    if (drained != null) {
      checkDrained();
      return;
    }
    if (!inTurn) {
      handle.wake();
    }
    if (queue.unsignalled() >= SIGNAL_EVERY) {
      signal();
    }
  }

  @Override
  public void refuse(String detail) {
    queue.refuse(detail);
    handle.wake();
  }

  @Override
  public void wake() {
    handle.wake();
  }
}
