package dev.virtio4j.loop;

import dev.virtio4j.memory.MemoryFaults;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * The polling part of a loop, shared by its implementations: rounds over the pollers that are
 * awake, a short spin after the last work, and putting pollers to sleep.
 *
 * <p>The spin adapts as the kernel's halt polling does: it doubles, up to the limit, when a wake-up
 * came so soon after falling asleep that spinning would have caught it, and halves when not. Spins
 * that find nothing time after time end for a while: on a busy host they take the time that the
 * guest needs to ring. Used on the loop's thread alone, but for {@link #add} and the handles it
 * returns.
 */
public final class PollRounds {
  private static final System.Logger LOG = System.getLogger(PollRounds.class.getName());

  /** How long one call of {@link #run()} may go on while there is work, in nanoseconds. */
  private static final long TURN_NANOS = 50_000;

  /**
   * How long it may go on without work: the loop's other events wait meanwhile, such as the
   * doorbell of a queue that sleeps.
   */
  private static final long IDLE_NANOS = 10_000;

  private static final long LEAST_SPIN_NANOS = 5_000;

  /** What falling asleep, a kick and waking up take by themselves, at most. */
  private static final long WAKE_NANOS = 40_000;

  /** Spins in a row that found nothing, after which there are none for a while. */
  private static final int VAIN_SPINS = 16;

  /** Wake-ups until spinning is tried again. */
  private static final int WAKES_WITHOUT_SPIN = 1024;

  private final DeviceLoop loop;
  private final BooleanSupplier elsewhere;
  private final long spinLimit;
  private long spin;
  private boolean spinning;
  private int vainSpins;
  private int wakesWithoutSpin;
  private long asleepSince;
  private long lastWork;

  private Entry[] awake = new Entry[4];
  private int awakeCount;

  /**
   * Makes the polling part of one loop.
   *
   * @param loop the loop, which runs what handles post
   * @param spinLimitNanos how long to look on after the last work, at most; 0 never looks twice
   * @param elsewhere tells, cheaply, that the loop has other things to do, which ends a turn
   */
  public PollRounds(DeviceLoop loop, long spinLimitNanos, BooleanSupplier elsewhere) {
    if (spinLimitNanos < 0) {
      throw new IllegalArgumentException("negative spin limit: " + spinLimitNanos);
    }
    this.loop = Objects.requireNonNull(loop, "loop");
    this.elsewhere = Objects.requireNonNull(elsewhere, "elsewhere");
    spinLimit = spinLimitNanos;
    spin = spinLimitNanos;
  }

  /** A poller's place, and its handle. Posts itself to the loop to wake the poller. */
  private final class Entry implements PollerHandle, Runnable {
    private final Poller poller;
    private final AtomicBoolean posted = new AtomicBoolean();
    private boolean isAwake;
    private boolean removed;
    private long workedAt;

    Entry(Poller poller) {
      this.poller = poller;
    }

    @Override
    public void wake() {
      if (loop.inLoop()) {
        PollRounds.this.wake(this);
      } else if (!posted.getAndSet(true)) {
        post(this);
      }
    }

    @Override
    public void run() {
      try {
        // Reads what the waker wrote, so that the poller sees what it was woken for.
        posted.getAndSet(false);
      } finally {
        // JDK 17 throws the error of a truncated file at any later place, perhaps here.
        posted.set(false);
        PollRounds.this.wake(this);
      }
    }

    @Override
    public void close() {
      if (loop.inLoop()) {
        removed = true;
      } else {
        post(() -> removed = true);
      }
    }

    private void post(Runnable task) {
      try {
        loop.execute(task);
      } catch (RejectedExecutionException e) {
        LOG.log(Level.TRACE, "a closed loop polls nothing", e);
      }
    }
  }

  /**
   * Adds a poller, asleep. From any thread.
   *
   * @param poller what to poll
   * @return wakes and removes it
   */
  public PollerHandle add(Poller poller) {
    return new Entry(Objects.requireNonNull(poller, "poller"));
  }

  private void wake(Entry entry) {
    if (entry.isAwake || entry.removed) {
      return;
    }
    long now = System.nanoTime();
    if (awakeCount == 0) {
      adapt(now - asleepSince);
      lastWork = now;
    }
    entry.isAwake = true;
    entry.workedAt = now;
    if (awakeCount == awake.length) {
      awake = Arrays.copyOf(awake, 2 * awakeCount);
    }
    awake[awakeCount++] = entry;
    try {
      entry.poller.disarm();
      MemoryFaults.surface();
    } catch (Throwable e) {
      fail(entry, e);
    }
  }

  private void adapt(long slept) {
    if (vainSpins >= VAIN_SPINS) {
      // Who would ring may be waiting for the very processor that the spin keeps.
      spin = 0;
      if (++wakesWithoutSpin == WAKES_WITHOUT_SPIN) {
        wakesWithoutSpin = 0;
        vainSpins = 0;
      }
      return;
    }
    if (slept < spinLimit + WAKE_NANOS) {
      spin = Math.min(spinLimit, Math.max(LEAST_SPIN_NANOS, 2 * spin));
    } else {
      spin /= 2;
    }
  }

  /**
   * Tells whether there is nothing to poll.
   *
   * @return true if all pollers sleep, so that the loop may
   */
  public boolean asleep() {
    return awakeCount == 0;
  }

  /**
   * Polls until all pollers sleep, or for one turn.
   *
   * @return true if all are asleep; false if there is more, so that the loop should look at its
   *     other events, without sleeping, and call again
   */
  public boolean run() {
    if (awakeCount == 0) {
      return true;
    }
    long start = System.nanoTime();
    long now = start;
    while (true) {
      long roundStart = now;
      boolean worked = round(now);
      now = System.nanoTime();
      if (worked) {
        if (spinning) {
          spinning = false;
          vainSpins = 0;
        }
        lastWork = now;
      } else if (now - lastWork >= spin) {
        settle(roundStart, 0);
        if (awakeCount == 0) {
          if (spinning) {
            spinning = false;
            vainSpins++;
          }
          asleepSince = now;
          return true;
        }
        lastWork = now;
      } else {
        spinning = true;
        Thread.onSpinWait();
      }
      if (now - start >= TURN_NANOS
          || Math.min(now - start, now - lastWork) >= IDLE_NANOS
          || elsewhere.getAsBoolean()) {
        // One busy poller does not keep the others awake, each of which costs a look a round.
        settle(roundStart, 2 * spinLimit + TURN_NANOS);
        if (awakeCount == 1) {
          surface(awake[0]);
        }
        return awakeCount == 0;
      }
    }
  }

  private boolean round(long now) {
    boolean worked = false;
    int count = awakeCount;
    for (int i = 0; i < count; i++) {
      Entry entry = awake[i];
      if (entry.removed) {
        continue;
      }
      try {
        if (entry.poller.poll()) {
          entry.workedAt = now;
          worked = true;
        }
        if (count > 1) {
          // The next one may be another guest's.
          MemoryFaults.surface();
        }
      } catch (Throwable e) {
        fail(entry, e);
      }
    }
    return worked;
  }

  /** Puts to sleep what has had no work for some time before the last round, and agrees. */
  private void settle(long roundStart, long idleNanos) {
    int count = awakeCount;
    int kept = 0;
    for (int i = 0; i < count; i++) {
      Entry entry = awake[i];
      if (!entry.removed && (roundStart - entry.workedAt < idleNanos || !sleeps(entry))) {
        awake[kept++] = entry;
      } else {
        entry.isAwake = false;
      }
    }
    // What arm() woke stands behind.
    int more = awakeCount - count;
    System.arraycopy(awake, count, awake, kept, more);
    Arrays.fill(awake, kept + more, awakeCount, null);
    awakeCount = kept + more;
  }

  /** The loop goes on to something else, after rounds with this one alone. */
  private static void surface(Entry entry) {
    try {
      MemoryFaults.surface();
    } catch (Throwable e) {
      fail(entry, e);
    }
  }

  private boolean sleeps(Entry entry) {
    try {
      boolean sleeps = entry.poller.arm();
      if (!sleeps) {
        entry.poller.disarm();
      }
      MemoryFaults.surface();
      return sleeps;
    } catch (Throwable e) {
      fail(entry, e);
      return true;
    }
  }

  private static void fail(Entry entry, Throwable cause) {
    entry.removed = true;
    try {
      entry.poller.failed(cause);
    } catch (Throwable e) {
      LOG.log(Level.ERROR, () -> "A poller failed to fail: " + entry.poller, e);
    }
  }
}
