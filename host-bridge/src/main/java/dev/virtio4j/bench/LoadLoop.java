package dev.virtio4j.bench;

import dev.virtio4j.vhostuser.client.BackEndException;
import dev.virtio4j.vhostuser.client.FrontEndSession;
import dev.virtio4j.vhostuser.client.InterruptWaiter;
import java.util.List;

/**
 * Drives all queues on one thread, by polling or by interrupts, through one stage after another.
 */
final class LoadLoop {
  /** How often it looks whether the back-end is alive while nothing completes. */
  private static final long LOOK = 100_000_000L;

  /** A request that takes longer than this will not complete any more. */
  private static final long LONGEST = 30_000_000_000L;

  private static final long PROGRESS = 200_000_000L;
  private static final int MILLIS = 1_000_000;

  private final FrontEndSession session;
  private final QueueLoad[] queues;
  private final InterruptWaiter waiter;
  private final boolean irq;
  private final LoadProgress progress;
  private long recordedNanos;
  private long kicks;
  private long interrupts;
  private long lastCompletion;
  private long nextLook;
  private long nextProgress;

  LoadLoop(
      FrontEndSession session,
      List<QueueLoad> queues,
      BlkLoadOptions options,
      LoadProgress progress) {
    this.session = session;
    this.queues = queues.toArray(QueueLoad[]::new);
    this.waiter = new InterruptWaiter(queues.stream().map(QueueLoad::queue).toList());
    this.irq = options.irq();
    this.progress = progress;
  }

  /** Runs a stage until its time or its positions are at their end, and nothing is in flight. */
  void run(Stage stage) {
    waiter.await(0); // What came before does not count.
    long kicksBefore = allKicks();
    long interruptsBefore = waiter.interrupts();
    long start = System.nanoTime();
    lastCompletion = start;
    nextLook = start + LOOK;
    nextProgress = start;
    long end = stage.time() == null ? Long.MAX_VALUE : stage.time().toNanos();
    for (QueueLoad queue : queues) {
      queue.begin(stage);
    }
    boolean draining = false;
    while (!drained()) {
      boolean any = reapAll();
      long now = System.nanoTime();
      if (any) {
        lastCompletion = now;
      } else {
        idle(now);
      }
      if (!draining && now - start >= end) {
        draining = true;
        for (QueueLoad queue : queues) {
          queue.drain();
        }
      }
      if (now - nextProgress >= 0) {
        nextProgress = now + PROGRESS;
        progress.at(stage.label(), share(stage, now - start, end));
      }
    }
    if (stage.recorded()) {
      recordedNanos += System.nanoTime() - start;
      waiter.await(0);
      kicks += allKicks() - kicksBefore;
      interrupts += waiter.interrupts() - interruptsBefore;
    }
  }

  private static double share(Stage stage, long nanos, long end) {
    Positions positions = stage.positions();
    double share =
        stage.time() == null
            ? (double) positions.taken() / positions.blocks()
            : (double) nanos / end;
    return Math.min(1, share);
  }

  /** Flushes, on one queue, since one flush is for the whole disk. */
  void flush() {
    queues[0].flushNow();
    while (!drained()) {
      if (!queues[0].reap()) {
        idle(System.nanoTime());
      }
    }
  }

  private boolean reapAll() {
    boolean any = false;
    for (QueueLoad queue : queues) {
      any |= queue.reap();
    }
    return any;
  }

  private boolean drained() {
    for (QueueLoad queue : queues) {
      if (!queue.drained()) {
        return false;
      }
    }
    return true;
  }

  private void idle(long now) {
    if (irq && mayWait()) {
      waiter.await((int) (LOOK / MILLIS));
    } else {
      Thread.onSpinWait();
    }
    if (now - nextLook >= 0) {
      nextLook = now + LOOK;
      if (session.client().hungUp()) {
        throw new BackEndException("The back-end hung up in the middle of the load");
      }
      if (now - lastCompletion > LONGEST) {
        throw new BackEndException(
            "The back-end has completed nothing for %d s".formatted(LONGEST / 1_000_000_000));
      }
    }
  }

  private boolean mayWait() {
    boolean may = true;
    for (QueueLoad queue : queues) {
      may &= queue.mayWait();
    }
    return may;
  }

  private long allKicks() {
    long sum = 0;
    for (QueueLoad queue : queues) {
      sum += queue.queue().kicks();
    }
    return sum;
  }

  /** How long the recorded stages took. */
  double seconds() {
    return recordedNanos / 1e9;
  }

  /** Kicks of the recorded stages. */
  long kicks() {
    return kicks;
  }

  /** Interrupts of the recorded stages. */
  long interrupts() {
    return interrupts;
  }
}
