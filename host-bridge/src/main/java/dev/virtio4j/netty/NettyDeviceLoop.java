package dev.virtio4j.netty;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileIo;
import dev.virtio4j.loop.Poller;
import dev.virtio4j.loop.PollerHandle;
import dev.virtio4j.loop.ReadyHandler;
import dev.virtio4j.loop.Registration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A loop that waits in Netty's epoll event loop. */
final class NettyDeviceLoop implements DeviceLoop, AutoCloseable {
  private final String name;
  private final RoundsEventLoop eventLoop;
  private final FileIo.Factory fileIoFactory;
  private FileIo fileIo;

  NettyDeviceLoop(String name, long spinLimitNanos, FileIo.Factory fileIoFactory) {
    this.name = name;
    this.fileIoFactory = fileIoFactory;
    this.eventLoop = new RoundsEventLoop(this, name, spinLimitNanos, this::closeFileIo);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean inLoop() {
    return eventLoop.inEventLoop();
  }

  @Override
  public void execute(Runnable task) {
    eventLoop.execute(task);
  }

  @Override
  public Registration schedule(long delayNanos, Runnable task) {
    if (delayNanos < 0) {
      throw new IllegalArgumentException("negative delay: " + delayNanos);
    }
    var future = eventLoop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  @Override
  public PollerHandle add(Poller poller) {
    return eventLoop.rounds().add(poller);
  }

  @Override
  public Registration watch(int descriptor, int interest, ReadyHandler handler) {
    return DescriptorWatch.start(
        eventLoop, descriptor, interest, Objects.requireNonNull(handler, "handler"));
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

  private void closeFileIo() {
    if (fileIo != null) {
      fileIo.close();
    }
  }

  /** Begins to end: tasks that were submitted run, file operations complete. */
  void shutdown() {
    var unused = eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }

  /** Ends the loop, and waits for that unless called on the loop itself. */
  @Override
  public void close() {
    shutdown();
    if (!inLoop()) {
      eventLoop.terminationFuture().awaitUninterruptibly();
    }
  }

  @Override
  public String toString() {
    return "NettyDeviceLoop[" + name + "]";
  }
}
