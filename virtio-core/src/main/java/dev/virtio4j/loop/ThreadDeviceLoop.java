package dev.virtio4j.loop;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A loop for every system: a plain thread that parks. It watches no descriptors, so whoever rings
 * does it through {@link PollerHandle#wake()}.
 */
public final class ThreadDeviceLoop implements DeviceLoop, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ThreadDeviceLoop.class.getName());

  /** Tasks of one turn, so that pollers get theirs. */
  private static final int TASKS = 64;

  private enum Phase {
    RUNNING,
    CLOSING,
    CLOSED
  }

  private final Thread thread;
  private final PollRounds rounds;
  private final FileIo.Factory fileIoFactory;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final AtomicLong timerOrder = new AtomicLong();
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.RUNNING);
  private volatile boolean parking;
  private FileIo fileIo;

  private ThreadDeviceLoop(String name, long spinLimitNanos, FileIo.Factory fileIoFactory) {
    this.fileIoFactory = fileIoFactory;
    this.rounds = new PollRounds(this, spinLimitNanos, () -> !tasks.isEmpty());
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  /**
   * Starts a loop whose file I/O is done by two threads of its own.
   *
   * @param name its thread's name
   * @param spinLimit how long to look on after the last work, at most; zero never looks twice
   * @return the running loop
   */
  public static ThreadDeviceLoop start(String name, Duration spinLimit) {
    return start(name, spinLimit, loop -> new OwnThreads(loop, new FileThreads(name + "-io", 2)));
  }

  /**
   * Starts a loop.
   *
   * @param name its thread's name
   * @param spinLimit how long to look on after the last work, at most; zero never looks twice
   * @param fileIo makes its file I/O
   * @return the running loop
   */
  public static ThreadDeviceLoop start(String name, Duration spinLimit, FileIo.Factory fileIo) {
    ThreadDeviceLoop loop =
        new ThreadDeviceLoop(
            Objects.requireNonNull(name, "name"),
            spinLimit.toNanos(),
            Objects.requireNonNull(fileIo, "fileIo"));
    loop.thread.start();
    return loop;
  }

  /** A loop's file I/O together with the threads that nobody else uses. */
  private record OwnThreads(ThreadFileIo io, FileThreads threads) implements FileIo {
    OwnThreads(DeviceLoop loop, FileThreads threads) {
      this(new ThreadFileIo(loop, threads), threads);
    }

    @Override
    public void submit(FileOperation operation) {
      io.submit(operation);
    }

    @Override
    public int outstanding() {
      return io.outstanding();
    }

    @Override
    public String name() {
      return io.name();
    }

    @Override
    public void close() {
      io.close();
      threads.close();
    }
  }

  private final class Timer implements Comparable<Timer>, Registration {
    private final long deadline;
    private final long order = timerOrder.getAndIncrement();
    private final Runnable task;
    private volatile boolean cancelled;

    Timer(long deadline, Runnable task) {
      this.deadline = deadline;
      this.task = task;
    }

    @Override
    public int compareTo(Timer other) {
      int byTime = Long.signum(deadline - other.deadline);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }

    @Override
    public void close() {
      cancelled = true;
      if (inLoop()) {
        timers.remove(this);
      } else if (phase.get() == Phase.RUNNING) {
        post(() -> timers.remove(this));
      }
    }
  }

  private void run() {
    while (phase.get() == Phase.RUNNING) {
      try {
        turn();
      } catch (Throwable e) {
        // An InternalError of guest memory may arrive late, outside of the poller that caused it.
        LOG.log(Level.ERROR, () -> name() + ": an error that belongs to no poller", e);
      }
    }
    try {
      runTasks(Integer.MAX_VALUE);
      if (fileIo != null) {
        fileIo.close();
      }
    } catch (Throwable e) {
      LOG.log(Level.ERROR, () -> name() + ": failed to close", e);
    }
    phase.set(Phase.CLOSED);
    runTasks(Integer.MAX_VALUE);
  }

  private void turn() {
    runTasks(TASKS);
    rounds.run();
    long untilTimer = runTimers(); // Last, since tasks and pollers set timers.
    if (rounds.asleep()) {
      park(untilTimer);
    }
  }

  private void park(long untilTimer) {
    parking = true;
    // Pairs with the volatile read of parking in wakeUp(), which follows the adding of a task.
    if (tasks.isEmpty() && phase.get() == Phase.RUNNING) {
      if (untilTimer == Long.MAX_VALUE) {
        LockSupport.park(this);
      } else if (untilTimer > 0) {
        LockSupport.parkNanos(this, untilTimer);
      }
    }
    parking = false;
  }

  private void wakeUp() {
    if (parking) {
      LockSupport.unpark(thread);
    }
  }

  private void runTasks(int limit) {
    for (int i = 0; i < limit; i++) {
      Runnable task = tasks.poll();
      if (task == null) {
        return;
      }
      guarded(task);
    }
  }

  /** Runs what is due, and tells how long it is to the next, in nanoseconds. */
  private long runTimers() {
    if (timers.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long now = System.nanoTime();
    while (!timers.isEmpty()) {
      Timer first = timers.peek();
      if (first.deadline - now > 0) {
        return first.deadline - now;
      }
      timers.remove();
      if (!first.cancelled) {
        guarded(first.task);
      }
    }
    return tasks.isEmpty() ? Long.MAX_VALUE : 0;
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      LOG.log(Level.ERROR, () -> name() + ": a task failed", e);
    }
  }

  @Override
  public String name() {
    return thread.getName();
  }

  @Override
  public boolean inLoop() {
    return Thread.currentThread() == thread;
  }

  @Override
  public void execute(Runnable task) {
    Objects.requireNonNull(task, "task");
    if (!post(task)) {
      throw new RejectedExecutionException(name() + " has been closed");
    }
  }

  private boolean post(Runnable task) {
    if (phase.get() == Phase.CLOSED) {
      return false;
    }
    tasks.add(task);
    if (phase.get() == Phase.CLOSED && tasks.remove(task)) {
      return false;
    }
    wakeUp();
    return true;
  }

  @Override
  public Registration schedule(long delayNanos, Runnable task) {
    if (delayNanos < 0) {
      throw new IllegalArgumentException("negative delay: " + delayNanos);
    }
    Timer timer = new Timer(System.nanoTime() + delayNanos, Objects.requireNonNull(task, "task"));
    if (inLoop()) {
      timers.add(timer);
    } else {
      execute(() -> timers.add(timer));
    }
    return timer;
  }

  @Override
  public PollerHandle add(Poller poller) {
    return rounds.add(poller);
  }

  @Override
  public Registration watch(int descriptor, int interest, ReadyHandler handler) {
    throw new UnsupportedOperationException("a plain thread watches no descriptors");
  }

  @Override
  public FileIo fileIo() {
    if (fileIo == null) {
      if (!inLoop()) {
        throw new IllegalStateException("file I/O belongs to the loop's thread");
      }
      fileIo = fileIoFactory.open(this);
    }
    return fileIo;
  }

  /**
   * Ends the loop: tasks that were submitted run, file operations complete, timers are forgotten.
   * Waits for the end, unless called on the loop itself.
   */
  @Override
  public void close() {
    phase.compareAndSet(Phase.RUNNING, Phase.CLOSING);
    if (inLoop()) {
      return;
    }
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
