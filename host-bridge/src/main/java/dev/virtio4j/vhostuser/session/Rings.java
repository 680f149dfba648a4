package dev.virtio4j.vhostuser.session;

import dev.virtio4j.device.DeviceLifecycle;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.GuestMemoryException;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.queue.InflightLog;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.queue.RingFeatures;
import dev.virtio4j.vhostuser.protocol.VringAddresses;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/**
 * The rings of a session: what the front-end sets of each, and whether the device's queue behind it
 * runs.
 *
 * <p>A ring runs while it is enabled, has size, addresses and a doorbell, there is memory, and it
 * is not broken. Setting anything but its descriptors on a running ring stops it first; it goes on,
 * or waits to be started anew, as the front-ends that do this mean it.
 *
 * <p>Stages complete on the control loop.
 */
final class Rings {
  static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

  private final DeviceLifecycle lifecycle;
  private final DeviceLoop control;
  private final SessionMemory memory;
  private final SessionLog log;
  private final Ring[] rings;

  /** Where interrupts and errors go that have no descriptor; empty unless that was agreed on. */
  private final AtomicReference<BackendChannel> inband = new AtomicReference<>();

  private InflightArea inflight;

  Rings(DeviceLifecycle lifecycle, DeviceLoop control, SessionMemory memory, SessionLog log) {
    this.lifecycle = lifecycle;
    this.control = control;
    this.memory = memory;
    this.log = log;
    this.rings =
        IntStream.range(0, lifecycle.device().queues())
            .mapToObj(index -> new Ring(index, inband))
            .toArray(Ring[]::new);
  }

  private Ring ring(int index) {
    if (Integer.compareUnsigned(index, rings.length) >= 0) {
      throw new ProtocolException(
          "ring %s of a device that has %d"
              .formatted(Integer.toUnsignedString(index), rings.length));
    }
    return rings[index];
  }

  private boolean packed() {
    return (lifecycle.features() & RingFeatures.RING_PACKED) != 0;
  }

  /** Sets the area for what is in flight, taken over; rings that run are started anew with it. */
  CompletionStage<Void> inflight(InflightArea area) {
    CompletionStage<Void> stopped = DONE;
    for (Ring ring : rings) {
      stopped = stopped.thenCombine(stop(ring), (a, b) -> null);
    }
    return stopped.thenCompose(
        quiet -> {
          if (inflight != null) {
            inflight.close();
          }
          inflight = area;
          return settle();
        });
  }

  /** Sets where in-band notifications go; null while they are not. */
  void inband(BackendChannel channel) {
    if (inband.getAndSet(channel) == channel || channel == null) {
      return;
    }
    for (Ring ring : rings) {
      if (lifecycle.running(ring.index)) {
        // What was used before was told on the old one, perhaps unseen, or nowhere.
        lifecycle.loop(ring.index).execute(ring.interrupt::resignal);
      }
    }
  }

  // What the front-end sets

  CompletionStage<Void> size(int index, int size) {
    Ring ring = ring(index);
    int max = lifecycle.device().maxQueueSize(index);
    if (size < 1 || size > max) {
      throw new ProtocolException(
          "size %s for ring %d, which has 1 to %d entries"
              .formatted(Integer.toUnsignedString(size), index, max));
    }
    if (ring.size == size) {
      return DONE;
    }
    return stop(ring)
        .thenRun(
            () -> {
              ring.size = size;
              ring.closeKick();
            });
  }

  CompletionStage<Void> addresses(VringAddresses addresses) {
    Ring ring = ring(addresses.index());
    if (ring.sameAreas(addresses)) {
      ring.addresses = addresses;
      return DONE;
    }
    return stop(ring)
        .thenCompose(
            stopped -> {
              ring.addresses = addresses;
              return settle(ring);
            });
  }

  /**
   * Sets where a ring stands.
   *
   * @param wraps whether the front-end is one that knows of wrap counters
   */
  CompletionStage<Void> base(int index, int base, boolean wraps) {
    Ring ring = ring(index);
    return stop(ring)
        .thenRun(
            () -> {
              ring.base = base;
              ring.exactBase = wraps || ring.told;
              ring.broken = false;
              ring.closeKick();
            });
  }

  /** Stops a ring; the stage yields where it stands. */
  CompletionStage<Integer> stop(int index) {
    Ring ring = ring(index);
    return stop(ring)
        .thenApply(
            stopped -> {
              ring.broken = false;
              ring.told = true;
              ring.closeKick();
              return ring.base;
            });
  }

  /** Sets a doorbell, which starts the ring if it has the rest; null for none. */
  CompletionStage<Void> kick(int index, Fd kick) {
    boolean taken = false;
    try {
      Ring ring = ring(index);
      if (kick != null) {
        DescriptorKind.requireNotifier(kick, "a doorbell");
        Fd.nonBlocking(kick.value());
      }
      Fd old = ring.kick;
      ring.kick = kick;
      ring.kicked = true;
      ring.polled = kick == null;
      taken = true;
      if (ring.doorbell != null) {
        silence(ring, old);
        return listen(ring);
      }
      if (old != null) {
        old.close();
      }
      return settle(ring);
    } finally {
      if (!taken && kick != null) {
        kick.close();
      }
    }
  }

  /** Sets an interrupt, which is raised at once if the ring runs; null for none. */
  CompletionStage<Void> call(int index, Fd call) {
    boolean taken = false;
    try {
      Ring ring = ring(index);
      Notifier next = call == null ? null : Notifier.of(call, "an interrupt");
      taken = true;
      Runnable change = () -> ring.interrupt.use(next);
      if (!lifecycle.running(index)) {
        change.run();
        return DONE;
      }
      // What was used before went to the old one, perhaps unseen.
      return CompletableFuture.runAsync(change, lifecycle.loop(index))
          .thenRunAsync(ring.interrupt::signal, lifecycle.loop(index))
          .thenRunAsync(() -> {}, control);
    } finally {
      if (!taken && call != null) {
        call.close();
      }
    }
  }

  /** Sets what is told when the ring is broken; null for none. */
  void error(int index, Fd error) {
    boolean taken = false;
    try {
      Ring ring = ring(index);
      Notifier next = error == null ? null : Notifier.of(error, "an error");
      taken = true;
      if (ring.error != null) {
        ring.error.close();
      }
      ring.error = next;
    } finally {
      if (!taken && error != null) {
        error.close();
      }
    }
  }

  CompletionStage<Void> enable(int index, int enable) {
    Ring ring = ring(index);
    if (enable != 0 && enable != 1) {
      throw new ProtocolException(
          "ring %d enabled with %s; 0 or 1 is due"
              .formatted(index, Integer.toUnsignedString(enable)));
    }
    ring.enabled = enable == 1;
    return settle(ring);
  }

  /** Enables or disables all rings, as far as the next settling. */
  void enableAll(boolean enabled) {
    for (Ring ring : rings) {
      ring.enabled = enabled;
    }
  }

  /** A kick that came as a message, which starts the ring if it has the rest. */
  CompletionStage<Void> kicked(int index) {
    Ring ring = ring(index);
    ring.kicked = true;
    if (lifecycle.running(index)) {
      lifecycle.ring(index);
      return DONE;
    }
    return settle(ring);
  }

  // What follows

  /** Starts and stops rings as what is set of them asks for. */
  CompletionStage<Void> settle() {
    CompletionStage<Void> all = DONE;
    for (Ring ring : rings) {
      CompletionStage<Void> one = settle(ring);
      all = all.thenCombine(one, (a, b) -> null);
    }
    return all;
  }

  private CompletionStage<Void> settle(Ring ring) {
    boolean wanted = ring.ready() && !memory.isEmpty();
    boolean running = lifecycle.running(ring.index);
    if (wanted && !running) {
      return start(ring);
    }
    // A broken one has stopped by itself, and stands where GET_VRING_BASE will look.
    return running && !wanted && !ring.broken ? stop(ring) : DONE;
  }

  private CompletionStage<Void> start(Ring ring) {
    CompletionStage<Void> started;
    try {
      GuestMemory guest = memory.current();
      QueueState state = RingStart.state(ring, lifecycle, memory, guest);
      InflightLog inflightLog =
          inflight != null && inflight.holds(ring.index)
              ? InflightLog.open(inflight.part(ring.index), packed(), state, guest)
              : null;
      started = lifecycle.startQueue(ring.index, state, guest, ring.interrupt, inflightLog);
    } catch (IllegalArgumentException | GuestMemoryException e) {
      broken(ring, "cannot be started: " + e.getMessage());
      return DONE;
    }
    return started.thenComposeAsync(
        running -> {
          if (!lifecycle.running(ring.index) || ring.broken) {
            return DONE;
          }
          // The last back-end may have died, or stopped, after it used a buffer and before it told.
          lifecycle.loop(ring.index).execute(ring.interrupt::signal);
          return listen(ring);
        },
        control);
  }

  private CompletionStage<Void> stop(Ring ring) {
    if (!lifecycle.running(ring.index)) {
      return DONE;
    }
    silence(ring, null);
    boolean packed = packed();
    return lifecycle
        .stopQueue(ring.index)
        .thenAcceptAsync(
            state -> {
              ring.base = packed ? state.packedBase() : state.splitBase();
              ring.exactBase = true;
            },
            control);
  }

  /**
   * Stops all rings; they stand where they are until GET_VRING_BASE asks, and wait for a doorbell
   * to be started again.
   */
  CompletionStage<Void> quiesce() {
    CompletionStage<Void> all = DONE;
    for (Ring ring : rings) {
      all =
          all.thenCombine(
              stop(ring),
              (a, b) -> {
                ring.broken = false;
                ring.closeKick();
                return null;
              });
    }
    return all;
  }

  /** Resets the device and what was set of the rings, but for their descriptors. */
  CompletionStage<Void> reset(boolean enabled) {
    return quiesce()
        .thenCompose(quiet -> lifecycle.reset())
        .thenRunAsync(
            () -> {
              for (Ring ring : rings) {
                ring.base = 0;
                ring.exactBase = false;
                ring.told = false;
                ring.size = 0;
                ring.addresses = null;
                ring.enabled = enabled;
              }
            },
            control);
  }

  // Doorbells

  /** Has the queue be rung; the stage fails if its doorbell cannot be watched. */
  private CompletionStage<Void> listen(Ring ring) {
    ring.doorbell =
        new Doorbell(ring.index, lifecycle.loop(ring.index), lifecycle.doorbell(ring.index));
    if (ring.kick != null) {
      return ring.doorbell.watch(ring.kick).thenRunAsync(() -> {}, control);
    }
    if (ring.polled) {
      ring.doorbell.poll();
    }
    return DONE;
  }

  /** Ends the ringing and closes a doorbell, which must be open until then; it may be null. */
  private static void silence(Ring ring, Fd kick) {
    if (ring.doorbell != null) {
      ring.doorbell.close(kick);
      ring.doorbell = null;
    }
  }

  // Faults

  /** The device or its guest broke a ring that ran. */
  void broken(int index, String fault) {
    Ring ring = rings[index];
    if (lifecycle.running(index) && !ring.broken) {
      silence(ring, null);
      broken(ring, "is broken: " + fault);
    }
  }

  private void broken(Ring ring, String what) {
    ring.broken = true;
    log.warn("ring %d %s".formatted(ring.index, what));
    if (ring.error != null) {
      if (!ring.error.signal()) {
        ring.error.close();
        ring.error = null;
      }
      return;
    }
    BackendChannel channel = inband.get();
    if (channel != null) {
      channel.broken(ring.index);
    }
  }

  /** Whether the area for what is in flight has lost memory. */
  boolean shrunk() {
    return inflight != null && inflight.shrunk();
  }

  /** Whether any ring is broken: DEVICE_NEEDS_RESET. */
  boolean anyBroken() {
    return Arrays.stream(rings).anyMatch(ring -> ring.broken);
  }

  /** Ends all ringing, before the device is reset for good. */
  void silence() {
    for (Ring ring : rings) {
      silence(ring, null);
    }
  }

  /** Closes the descriptors, after the device has been reset. */
  void close() {
    for (Ring ring : rings) {
      ring.close();
    }
    if (inflight != null) {
      inflight.close();
      inflight = null;
    }
  }
}
