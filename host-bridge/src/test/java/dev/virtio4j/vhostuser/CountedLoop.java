package dev.virtio4j.vhostuser;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileIo;
import dev.virtio4j.loop.Poller;
import dev.virtio4j.loop.PollerHandle;
import dev.virtio4j.loop.ReadyHandler;
import dev.virtio4j.loop.Registration;
import java.util.concurrent.atomic.AtomicInteger;

/** A loop that counts the tasks that it is given, but for those of pollers that are woken. */
record CountedLoop(DeviceLoop loop, AtomicInteger tasks) implements DeviceLoop {
  @Override
  public String name() {
    return loop.name();
  }

  @Override
  public boolean inLoop() {
    return loop.inLoop();
  }

  @Override
  public void execute(Runnable task) {
    tasks.incrementAndGet();
    loop.execute(task);
  }

  @Override
  public Registration schedule(long delayNanos, Runnable task) {
    return loop.schedule(delayNanos, task);
  }

  @Override
  public PollerHandle add(Poller poller) {
    return loop.add(poller);
  }

  @Override
  public Registration watch(int descriptor, int interest, ReadyHandler handler) {
    return loop.watch(descriptor, interest, handler);
  }

  @Override
  public FileIo fileIo() {
    return loop.fileIo();
  }
}
