package dev.virtio4j.blk;

import dev.virtio4j.driver.SteppedLoop;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileIo;
import dev.virtio4j.loop.Poller;
import dev.virtio4j.loop.PollerHandle;
import dev.virtio4j.loop.ReadyHandler;
import dev.virtio4j.loop.Registration;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.PollEvents;
import dev.virtio4j.posix.PollFd;
import dev.virtio4j.posix.uring.UringFileIo;
import java.nio.ByteBuffer;

/** A stepped loop with io_uring, whose event descriptor a thread of its own waits for. */
final class UringLoop implements DeviceLoop, AutoCloseable {
  private final SteppedLoop steps;
  private FileIo fileIo;

  UringLoop(SteppedLoop steps) {
    this.steps = steps;
  }

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
    return steps.schedule(delayNanos, task);
  }

  @Override
  public PollerHandle add(Poller poller) {
    return steps.add(poller);
  }

  @Override
  public Registration watch(int descriptor, int interest, ReadyHandler handler) {
    Watch watch = new Watch(descriptor, handler);
    watch.start();
    return watch;
  }

  private final class Watch extends Thread implements Registration {
    private final int descriptor;
    private final ReadyHandler handler;
    private volatile boolean closed;

    Watch(int descriptor, ReadyHandler handler) {
      super("watch");
      this.descriptor = descriptor;
      this.handler = handler;
      setDaemon(true);
    }

    @Override
    public void run() {
      ByteBuffer entry = NativeMemory.allocate(PollFd.SIZE, 8);
      ByteBuffer count = NativeMemory.allocate(8, 8);
      while (!closed) {
        entry.putInt(PollFd.FD, descriptor).putInt(PollFd.EVENTS, PollEvents.POLLIN);
        if (Libc.poll(NativeMemory.address(entry), 1, 20) > 0
            && Libc.read(descriptor, NativeMemory.address(count), 8) == 8) {
          steps.execute(() -> handler.ready(ReadyHandler.READABLE));
        }
      }
    }

    @Override
    public void close() {
      closed = true;
      try {
        join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public FileIo fileIo() {
    if (fileIo == null) {
      fileIo = UringFileIo.open(this);
    }
    return fileIo;
  }

  @Override
  public void close() {
    if (fileIo != null) {
      steps.execute(fileIo::close);
      steps.run();
    }
  }
}
