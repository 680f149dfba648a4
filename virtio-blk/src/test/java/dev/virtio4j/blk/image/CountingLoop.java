package dev.virtio4j.blk.image;

import dev.virtio4j.driver.SteppedLoop;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileIo;
import dev.virtio4j.loop.FileOperation;
import dev.virtio4j.loop.Poller;
import dev.virtio4j.loop.PollerHandle;
import dev.virtio4j.loop.ReadyHandler;
import dev.virtio4j.loop.Registration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;

/** A stepped loop that tells what went to its file I/O, and can keep it from being done. */
public final class CountingLoop implements DeviceLoop {
  final SteppedLoop steps;
  final List<FileOperation.Kind> submitted = new ArrayList<>();
  final List<Integer> flags = new ArrayList<>();

  /** What waits for the test to complete it, while {@link #hold} is set. */
  final Queue<FileOperation> held = new ArrayDeque<>();

  boolean hold;

  /** Whether timers can be had. */
  public boolean timers = true;

  CountingLoop() {
    this(new SteppedLoop());
  }

  public CountingLoop(SteppedLoop steps) {
    this.steps = steps;
  }

  private final FileIo counting =
      new FileIo() {
        @Override
        public void submit(FileOperation operation) {
          submitted.add(operation.kind());
          flags.add(operation.flags());
          if (hold) {
            held.add(operation);
          } else {
            steps.fileIo().submit(operation);
          }
        }

        @Override
        public int outstanding() {
          return steps.fileIo().outstanding();
        }

        @Override
        public String name() {
          return "counting";
        }
      };

  @Override
  public String name() {
    return steps.name();
  }

  @Override
  public boolean inLoop() {
    return steps.inLoop();
  }

  @Override
  public void execute(Runnable task) {
    steps.execute(task);
  }

  @Override
  public Registration schedule(long delayNanos, Runnable task) {
    if (!timers) {
      throw new RejectedExecutionException("no more timers");
    }
    return steps.schedule(delayNanos, task);
  }

  @Override
  public PollerHandle add(Poller poller) {
    return steps.add(poller);
  }

  @Override
  public Registration watch(int descriptor, int interest, ReadyHandler handler) {
    return steps.watch(descriptor, interest, handler);
  }

  @Override
  public FileIo fileIo() {
    return counting;
  }
}
