package dev.virtio4j.device;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.queue.InflightLog;
import dev.virtio4j.queue.QueueFault;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.queue.RingFeatures;
import dev.virtio4j.queue.Virtqueue;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;

/**
 * Drives a device through its life: features, queues one by one, memory changes, reset.
 *
 * <p>Way-ins (register machines, vhost-user sessions) sit on top and have the order of things that
 * their standard sets. One control thread at a time calls this; stages complete on the queues'
 * loops.
 */
public final class DeviceLifecycle {
  /** What a way in does about a device's events. Called from any thread. */
  public interface Listener {
    /** The configuration space has changed. */
    void configChanged();

    /**
     * The guest broke a queue, which has stopped.
     *
     * @param queue its index
     * @param fault how
     */
    void queueBroken(int queue, QueueFault fault);
  }

  private static final System.Logger LOG = System.getLogger(DeviceLifecycle.class.getName());

  private static final CompletableFuture<QueueState> STOPPED =
      CompletableFuture.completedFuture(null);

  private final VirtioDevice device;
  private final IntFunction<DeviceLoop> loops;
  private final Listener listener;

  /** Looked up by whoever rings, from any thread. */
  private final AtomicReferenceArray<QueueRunner> runners;

  /** What is stopping or has stopped; control thread. */
  private final List<CompletableFuture<QueueState>> stops;

  /** What queues counted before they were stopped; a run's loop adds to it. */
  private final AtomicReferenceArray<QueueCounters> past;

  private long snapshots;
  private volatile long features;
  private volatile boolean active;

  /**
   * Makes the life of one device; the device is not active.
   *
   * @param device the device
   * @param loops the loop that each queue sits on
   * @param listener told of the device's events
   */
  public DeviceLifecycle(VirtioDevice device, IntFunction<DeviceLoop> loops, Listener listener) {
    this.device = Objects.requireNonNull(device, "device");
    this.loops = Objects.requireNonNull(loops, "loops");
    this.listener = Objects.requireNonNull(listener, "listener");
    this.runners = new AtomicReferenceArray<>(device.queues());
    this.stops = new ArrayList<>(Collections.nCopies(device.queues(), STOPPED));
    this.past = new AtomicReferenceArray<>(device.queues());
    for (int i = 0; i < past.length(); i++) {
      past.set(i, QueueCounters.NONE);
    }
  }

  /**
   * The device.
   *
   * @return it
   */
  public VirtioDevice device() {
    return device;
  }

  /**
   * Agrees on features, or says why not. Changes nothing while the device is active.
   *
   * @param driverFeatures what the driver accepts
   * @return null if agreed upon, else a sentence
   */
  public String negotiate(long driverFeatures) {
    if (active) {
      return driverFeatures == features
          ? null
          : "features cannot change from 0x%x to 0x%x while the device is active"
              .formatted(features, driverFeatures);
    }
    long unknown = driverFeatures & ~device.features();
    if (unknown != 0) {
      return "features 0x%x were not offered".formatted(unknown);
    }
    String problem = device.featureProblem(driverFeatures);
    if (problem == null) {
      features = driverFeatures;
      device.featuresAgreed(driverFeatures);
    }
    return problem;
  }

  /**
   * What was agreed upon.
   *
   * @return feature bits 0 to 63
   */
  public long features() {
    return features;
  }

  private void activate() {
    if (!active) {
      active = true;
      long agreed = features;
      device.activate(
          new DeviceContext() {
            @Override
            public long features() {
              return agreed;
            }

            @Override
            public void configChanged() {
              listener.configChanged();
            }
          });
    }
  }

  /**
   * Tells whether a queue runs, broken or not.
   *
   * @param index which
   * @return true from its start to its stop
   */
  public boolean running(int index) {
    return runners.get(index) != null;
  }

  /**
   * Starts a queue, and activates the device if this is its first.
   *
   * @param index which
   * @param state where it stands
   * @param memory the guest's memory
   * @param interrupt tells the guest of used buffers
   * @param inflightLog records what is in flight; may be null
   * @return completes on the queue's loop when it is served; fails if the device refuses
   * @throws IllegalArgumentException if the guest's set-up of the queue is not valid
   * @throws IllegalStateException if it runs already, or has not stopped yet
   */
  public CompletionStage<Void> startQueue(
      int index,
      QueueState state,
      GuestMemory memory,
      QueueInterrupt interrupt,
      InflightLog inflightLog) {
    if (runners.get(index) != null) {
      throw new IllegalStateException("queue " + index + " runs already");
    }
    if (!stops.get(index).isDone()) {
      throw new IllegalStateException("queue " + index + " has not stopped yet");
    }
    Virtqueue queue =
        Virtqueue.start(
            state, RingFeatures.of(features), device.maxQueueSize(index), memory, inflightLog);
    activate();
    DeviceLoop loop = loops.apply(index);
    QueueRunner runner =
        new QueueRunner(
            device,
            index,
            queue,
            features,
            loop,
            interrupt,
            (i, broken) -> listener.queueBroken(i, broken.fault()));
    runners.set(index, runner);
    return CompletableFuture.runAsync(runner::resume, loop);
  }

  /**
   * The guest rang a queue's doorbell. From any thread; spurious rings do no harm.
   *
   * @param index which
   */
  public void ring(int index) {
    QueueRunner runner = runners.get(index);
    if (runner != null) {
      runner.ring();
    }
  }

  /**
   * A queue's doorbell, to be held by whoever watches it.
   *
   * @param index which
   * @return rings the queue that runs now, from any thread
   * @throws IllegalStateException if the queue does not run
   */
  public Runnable doorbell(int index) {
    QueueRunner runner = runners.get(index);
    if (runner == null) {
      throw new IllegalStateException("queue " + index + " does not run");
    }
    return runner::ring;
  }

  /**
   * The loop of a running queue.
   *
   * @param index which
   * @return its loop
   * @throws IllegalStateException if the queue does not run
   */
  public DeviceLoop loop(int index) {
    QueueRunner runner = runners.get(index);
    if (runner == null) {
      throw new IllegalStateException("queue " + index + " does not run");
    }
    return runner.owner();
  }

  /**
   * Stops a queue: nothing more is taken, and what is in flight is finished.
   *
   * @param index which
   * @return where the queue stands, on its loop, when nothing is in flight
   * @throws IllegalStateException if it does not run
   */
  public CompletionStage<QueueState> stopQueue(int index) {
    QueueRunner runner = runners.get(index);
    if (runner == null) {
      throw new IllegalStateException("queue " + index + " does not run");
    }
    runners.set(index, null);
    CompletableFuture<QueueState> stopped =
        drain(runner)
            .thenApplyAsync(
                drained -> {
                  past.accumulateAndGet(index, runner.counters(), QueueCounters::plus);
                  return runner.finish();
                },
                runner.owner());
    // Whoever stops it sees why it failed; what comes after is not to fail of it once more.
    stops.set(
        index,
        stopped.exceptionally(
            e -> {
              LOG.log(Level.WARNING, () -> "queue " + index + " has not stopped as it should", e);
              return null;
            }));
    return stopped;
  }

  /** Pauses a queue; what follows must hop onto its loop, as this may complete on any thread. */
  private static CompletableFuture<Void> drain(QueueRunner runner) {
    try {
      return CompletableFuture.supplyAsync(runner::pause, runner.owner())
          .thenCompose(drained -> drained);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Stops every queue that runs.
   *
   * @return completes when nothing is in flight, also of queues that were stopping already
   */
  public CompletionStage<Void> stopQueues() {
    for (int i = 0; i < runners.length(); i++) {
      if (runners.get(i) != null) {
        // Kept in the list, which is waited for below.
        var unused = stopQueue(i);
      }
    }
    return CompletableFuture.allOf(stops.toArray(CompletableFuture<?>[]::new));
  }

  /**
   * Moves every running queue to another snapshot of memory; each pauses for it until nothing is in
   * flight. May be called again before it has completed: the last snapshot stays.
   *
   * @param memory the new snapshot
   * @return completes when no queue uses the old snapshot, so that what is not in the new one may
   *     be unmapped
   */
  public CompletionStage<Void> memory(GuestMemory memory) {
    List<CompletableFuture<?>> all = new ArrayList<>(stops);
    long number = ++snapshots;
    for (int i = 0; i < runners.length(); i++) {
      QueueRunner runner = runners.get(i);
      if (runner != null) {
        all.add(
            drain(runner)
                .thenRunAsync(
                    () -> {
                      try {
                        runner.memory(memory, number);
                      } finally {
                        runner.resume();
                      }
                    },
                    runner.owner()));
      }
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
  }

  /**
   * Resets the device: queues stop, features are forgotten. Also where none was started, since a
   * driver may have written to the configuration space.
   *
   * @return completes when the device holds nothing of the guest's
   */
  public CompletionStage<Void> reset() {
    return stopQueues()
        .thenCompose(
            stopped -> {
              features = 0;
              active = false;
              return device.reset();
            });
  }

  /**
   * What a queue has counted, in all its runs.
   *
   * @param index which
   * @return the counters, taken on the queue's loop if it runs
   */
  public CompletionStage<QueueCounters> counters(int index) {
    QueueRunner runner = runners.get(index);
    if (runner == null) {
      return CompletableFuture.completedStage(past.get(index));
    }
    return CompletableFuture.supplyAsync(
        () -> runner.counters().plus(past.get(index)), runner.owner());
  }
}
