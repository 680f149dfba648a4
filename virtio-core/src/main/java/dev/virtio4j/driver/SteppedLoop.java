package dev.virtio4j.driver;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileIo;
import dev.virtio4j.loop.PollRounds;
import dev.virtio4j.loop.Poller;
import dev.virtio4j.loop.PollerHandle;
import dev.virtio4j.loop.ReadyHandler;
import dev.virtio4j.loop.Registration;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A device loop without a thread of its own: it runs when it is told to, on the caller's thread,
 * until there is nothing left to do. Tests step through a device with it.
 */
public final class SteppedLoop implements DeviceLoop {
  private static final long PARK_NANOS = 10_000_000;

  private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final PollRounds rounds = new PollRounds(this, 0, () -> false);
  private final FileIo fileIo = new InlineFileIo(this);
  private volatile Thread runner;

  private record Timer(long due, Runnable task) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      return Long.signum(due - other.due);
    }
  }

  /** Makes a loop that is at rest. */
  public SteppedLoop() {}

  /**
   * Runs until no task is left, no timer is due and every poller sleeps.
   *
   * @throws IllegalStateException if it is running already
   */
  public void run() {
    if (runner != null) {
      throw new IllegalStateException("the loop is running");
    }
    runner = Thread.currentThread();
    try {
      boolean asleep;
      do {
        boolean worked = step();
        asleep = rounds.run() && !worked;
      } while (!asleep || !tasks.isEmpty());
    } finally {
      runner = null;
    }
  }

  private boolean step() {
    boolean worked = false;
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
      worked = true;
    }
    long now = System.nanoTime();
    for (Runnable task = due(now); task != null; task = due(now)) {
      task.run();
      worked = true;
    }
    return worked;
  }

  private Runnable due(long now) {
    synchronized (timers) {
      Timer first = timers.peek();
      return first == null || first.due() - now > 0 ? null : timers.poll().task();
    }
  }

  /**
   * Runs until something has come about, waiting for tasks from other threads and for timers.
   *
   * @param condition what is awaited
   * @param limit how long to wait for it
   * @return false if the time was up first
   */
  public boolean runUntil(BooleanSupplier condition, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    run();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      try {
        Runnable task = tasks.poll(PARK_NANOS, TimeUnit.NANOSECONDS);
        if (task != null) {
          tasks.add(task);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
      run();
    }
    return true;
  }

  @Override
  public String name() {
    return "stepped";
  }

  @Override
  public boolean inLoop() {
    return runner == Thread.currentThread();
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public Registration schedule(long delayNanos, Runnable task) {
    Timer timer = new Timer(System.nanoTime() + delayNanos, task);
    synchronized (timers) {
      timers.add(timer);
    }
    return () -> {
      synchronized (timers) {
        timers.remove(timer);
      }
    };
  }

  @Override
  public PollerHandle add(Poller poller) {
    return rounds.add(poller);
  }

  @Override
  public Registration watch(int descriptor, int interest, ReadyHandler handler) {
    throw new UnsupportedOperationException("a stepped loop watches no descriptors");
  }

  @Override
  public FileIo fileIo() {
    return fileIo;
  }
}
