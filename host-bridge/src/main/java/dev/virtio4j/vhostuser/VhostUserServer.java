package dev.virtio4j.vhostuser;

import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.posix.UnixListener;
import dev.virtio4j.vhostuser.session.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;

/**
 * Serves devices to front-ends over vhost-user, each on a socket of its own.
 *
 * <p>Sessions run on one loop, the control loop, and queues on the loops that were chosen for them.
 * Nothing here has a thread of its own.
 */
public final class VhostUserServer implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.virtio4j.vhostuser");
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int BACKLOG = 128;

  private final DeviceLoop control;
  private final List<VhostUserExport> exports;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean orderly = true;

  private VhostUserServer(Builder builder) {
    control = builder.control;
    List<VhostUserExport> opened = new ArrayList<>();
    int queue = 0;
    try {
      for (ExportConfig config : builder.exports) {
        int first = queue;
        IntFunction<DeviceLoop> loops =
            config.loops() != null ? config.loops() : index -> builder.loops.get(first + index);
        opened.add(open(config, loops));
        queue += config.device().queues();
      }
    } catch (PosixException e) {
      opened.forEach(export -> export.endpoint().close());
      throw new UncheckedIOException(new IOException(e.getMessage(), e));
    }
    exports = List.copyOf(opened);
  }

  private VhostUserExport open(ExportConfig config, IntFunction<DeviceLoop> loops) {
    UnixListener listener =
        config.socket() != null
            ? UnixListener.listen(config.socket(), BACKLOG)
            : UnixListener.adopt(Fd.of(config.descriptor()));
    Endpoint endpoint =
        new Endpoint(
            config.name(),
            config.device(),
            config.extension(),
            listener,
            loops,
            control,
            config.inband(),
            this::checkMemory);
    return new VhostUserExport(config, endpoint, control);
  }

  /** Where the truncation of one front-end's memory shows need not be its own queue. */
  private void checkMemory() {
    exports.forEach(export -> export.endpoint().checkMemory());
  }

  /**
   * Begins to set a server up.
   *
   * @param loops where queues and sessions run; must outlive the server
   * @return without exports
   */
  public static Builder builder(DeviceLoops loops) {
    return new Builder(loops);
  }

  /** Sets a server up. */
  public static final class Builder {
    private final DeviceLoops loops;
    private final List<ExportConfig> exports = new ArrayList<>();
    private DeviceLoop control;

    private Builder(DeviceLoops loops) {
      this.loops = Objects.requireNonNull(loops, "loops");
      this.control = loops.control();
    }

    /**
     * Serves a device on a path.
     *
     * @param device not active, and in no other export; stays open when the server is closed
     * @param socket where to listen
     * @return this
     */
    public Builder export(VirtioDevice device, Path socket) {
      return export(ExportConfig.builder(device).socket(socket).build());
    }

    /**
     * Serves a device.
     *
     * @param export which, where and how
     * @return this
     */
    public Builder export(ExportConfig export) {
      exports.add(Objects.requireNonNull(export, "export"));
      return this;
    }

    /**
     * Chooses the loop that sessions run on.
     *
     * @param loop one loop; {@link DeviceLoops#control()} of the server's unless told
     * @return this
     */
    public Builder control(DeviceLoop loop) {
      control = Objects.requireNonNull(loop, "loop");
      return this;
    }

    /**
     * Listens, and serves who connects.
     *
     * @return the running server
     * @throws UncheckedIOException if a socket cannot be listened on; nothing is left behind
     */
    public VhostUserServer start() {
      VhostUserServer server = new VhostUserServer(this);
      CompletableFuture.runAsync(
              () -> server.exports.forEach(export -> export.endpoint().start()), control)
          .join();
      return server;
    }
  }

  /**
   * What is served.
   *
   * @return in the order in which they were added
   */
  public List<VhostUserExport> exports() {
    return exports;
  }

  /**
   * Stops serving: no front-end is accepted any more and no request taken; what is in flight is
   * finished, and then connections are closed. Devices are closed where the export says so. To be
   * called once, and not on a loop.
   *
   * @param patience how long to wait for what is in flight
   * @return true if all was finished in time
   */
  public boolean shutdown(Duration patience) {
    if (!closing.compareAndSet(false, true)) {
      awaitClosed();
      return orderly;
    }
    CompletableFuture<?>[] ends =
        exports.stream()
            .map(
                export ->
                    CompletableFuture.supplyAsync(export.endpoint()::close, control)
                        .thenCompose(end -> end))
            .toArray(CompletableFuture[]::new);
    try {
      CompletableFuture.allOf(ends).get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException e) {
      orderly = false;
      LOGGER.log(Level.ERROR, "requests in flight were not finished in " + patience, e);
    } catch (InterruptedException e) {
      orderly = false;
      Thread.currentThread().interrupt();
    } finally {
      exports.stream()
          .map(VhostUserExport::config)
          .filter(ExportConfig::closeDevice)
          .forEach(config -> config.device().close());
      closed.countDown();
    }
    return orderly;
  }

  /** {@link #shutdown(Duration) Stops serving}, with 10 seconds for what is in flight. */
  @Override
  public void close() {
    boolean unused = shutdown(PATIENCE);
  }

  /** Waits until the server has been closed; returns early if the thread is interrupted. */
  public void awaitClosed() {
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
