package dev.virtio4j.vhostuser.session;

import dev.virtio4j.device.DeviceLifecycle;
import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.Registration;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.posix.UnixListener;
import dev.virtio4j.queue.QueueFault;
import dev.virtio4j.vhostuser.VhostUserExtension;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/**
 * A device behind a listening socket: one front-end at a time is served, and the next one may come
 * when it is gone. Runs on the control loop, but for what says otherwise.
 */
public final class Endpoint implements DeviceLifecycle.Listener {
  private static final int ACCEPTS = 64;
  private static final long RETRY_NANOS = 1_000_000_000L;

  private final UnixListener listener;
  private final DeviceLifecycle lifecycle;
  private final VhostUserExtension extension;
  private final boolean inband;
  private final DeviceLoop control;
  private final SessionLog log;
  private final Runnable memoryLost;
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();

  private Registration watch;
  private volatile Connection active;
  private Fd waiting;
  private boolean closed;

  /**
   * Makes one that does not accept anybody yet.
   *
   * @param name for the log
   * @param device not active
   * @param extension the device type's own messages
   * @param listener taken over
   * @param loops the loop of each queue
   * @param control the loop that sessions run on
   * @param inband whether in-band notifications are offered
   * @param memoryLost run on the control loop when a queue broke, which may be the trace of any
   *     front-end's truncated memory
   */
  public Endpoint(
      String name,
      VirtioDevice device,
      VhostUserExtension extension,
      UnixListener listener,
      IntFunction<DeviceLoop> loops,
      DeviceLoop control,
      boolean inband,
      Runnable memoryLost) {
    this.listener = listener;
    this.extension = extension;
    this.control = control;
    this.inband = inband;
    this.memoryLost = memoryLost;
    this.log = new SessionLog(name);
    this.lifecycle = new DeviceLifecycle(device, loops, this);
  }

  /** Begins to accept front-ends. */
  public void start() {
    watch = control.watch(listener.descriptor(), events -> accept());
  }

  private void accept() {
    try {
      for (int i = 0; i < ACCEPTS; i++) {
        Fd socket = closed ? null : listener.accept();
        if (socket == null) {
          return;
        }
        arrived(socket);
      }
      control.execute(this::accept);
    } catch (PosixException e) {
      // Out of descriptors, most likely: who waits is not announced again.
      log.warn(e.getMessage());
      control.schedule(RETRY_NANOS, this::accept);
    } catch (RuntimeException e) {
      log.error("a front-end could not be accepted", e);
      control.schedule(RETRY_NANOS, this::accept);
    }
  }

  private void arrived(Fd socket) {
    Connection current = active;
    if (current == null) {
      begin(socket);
      return;
    }
    if (!current.ending() && current.hungUp()) {
      CompletionStage<Void> unused = current.end(null);
      if (active == null) {
        begin(socket);
        return;
      }
    }
    if (waiting != null && Connection.hungUp(waiting)) {
      waiting.close();
      waiting = null;
    }
    if (current.ending() && waiting == null) {
      waiting = socket;
      return;
    }
    refused.incrementAndGet();
    socket.close();
    log.warn("another front-end is connected; a second one was turned away");
  }

  private void begin(Fd socket) {
    accepted.incrementAndGet();
    Session session = new Session(lifecycle, extension, inband, control, log);
    Connection connection =
        new Connection(socket, session, control, log, this::released, memoryLost);
    active = connection;
    connection.start();
  }

  private void released(Connection connection) {
    active = null;
    Fd next = waiting;
    waiting = null;
    if (next == null) {
      return;
    }
    if (closed) {
      next.close();
    } else {
      begin(next);
    }
  }

  /** Ends a front-end whose memory has been truncated. */
  public void checkMemory() {
    Connection current = active;
    if (current != null) {
      current.checkMemory();
    }
  }

  @Override
  public void configChanged() {
    control.execute(
        () -> {
          Connection current = active;
          if (current != null) {
            current.configChanged();
          }
        });
  }

  @Override
  public void queueBroken(int queue, QueueFault fault) {
    Connection current = active;
    control.execute(
        () -> {
          if (current != null && current == active) {
            current.queueBroken(queue, fault);
          }
          memoryLost.run();
        });
  }

  /**
   * Tells whether a front-end is connected. From any thread.
   *
   * @return true if so
   */
  public boolean connected() {
    return active != null;
  }

  /**
   * How many front-ends were served. From any thread.
   *
   * @return since the start, this one included
   */
  public long accepted() {
    return accepted.get();
  }

  /**
   * How many were turned away. From any thread.
   *
   * @return since the start
   */
  public long refused() {
    return refused.get();
  }

  /**
   * The device's life. On the control loop.
   *
   * @return it
   */
  public DeviceLifecycle lifecycle() {
    return lifecycle;
  }

  /**
   * Stops listening, and ends the front-end that is connected when what it has in flight is done.
   *
   * @return completes when nothing of it is held
   */
  public CompletionStage<Void> close() {
    closed = true;
    if (watch != null) {
      watch.close();
    }
    listener.close();
    if (waiting != null) {
      waiting.close();
      waiting = null;
    }
    Connection current = active;
    return current == null ? CompletableFuture.completedStage(null) : current.end(null);
  }
}
