package dev.virtio4j.cli.serve;

import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.control.ControlServer;
import dev.virtio4j.cli.spec.DeviceRequest;
import dev.virtio4j.device.DeviceOptionException;
import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.vhostuser.ExportConfig;
import dev.virtio4j.vhostuser.VhostUserExport;
import dev.virtio4j.vhostuser.VhostUserServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A running server with all that belongs to it. Started whole, or not at all. */
final class DeviceServer implements AutoCloseable {
  /** How long what is in flight may take when the server ends. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Logger LOGGER = System.getLogger(DeviceServer.class.getName());

  private final List<VirtioDevice> devices = new ArrayList<>();
  private final MadeImages made = new MadeImages();
  private final List<ExportedDevice> exported = new ArrayList<>();
  private DeviceLoops loops;
  private VhostUserServer server;
  private ControlServer control;
  private MetricsEndpoint metrics;

  private DeviceServer() {}

  /**
   * Opens the devices and listens.
   *
   * @param requests the devices
   * @param options how to run
   * @return the running server
   * @throws CliException if something cannot be had; nothing is left then
   */
  static DeviceServer start(List<DeviceRequest> requests, ServeOptions options) {
    // Said before anything is opened, or made.
    LoopPlan.check(options.loops(), requests);
    DeviceServer started = new DeviceServer();
    try {
      started.open(requests);
      started.listen(requests, options);
      return started;
    } catch (RuntimeException | Error failed) {
      started.close();
      started.made.remove();
      throw failed;
    }
  }

  /** Opens all that can be opened, so that the errors of all are told. */
  private void open(List<DeviceRequest> requests) {
    List<String> problems = new ArrayList<>();
    DeviceOptionException first = null;
    int exitCode = ExitCode.FAILED;
    for (DeviceRequest request : requests) {
      try {
        devices.add(made.create(request));
      } catch (DeviceOptionException wrong) {
        first = first == null ? wrong : first;
        problems.add(request.source(wrong.key()).problem(wrong.getMessage()));
        // With a cause the option was understood, and the host refused.
        exitCode = wrong.getCause() == null ? ExitCode.USAGE : exitCode;
      }
    }
    if (first != null) {
      throw new CliException(exitCode, String.join("\n", problems), first);
    }
  }

  private void listen(List<DeviceRequest> requests, ServeOptions options) {
    int queues = devices.stream().mapToInt(VirtioDevice::queues).sum();
    LoopPlan plan =
        LoopPlan.of(options.loops(), Runtime.getRuntime().availableProcessors(), queues, requests);
    DeviceLoops.Builder builder =
        DeviceLoops.builder().count(plan.count()).namePrefix("virtio-loop");
    if (options.pollMicros() >= 0) {
      builder.spinLimit(Duration.ofNanos(options.pollMicros() * 1000L));
    }
    if (plan.isolates()) {
      builder.ownControl();
    }
    loops = builder.start();
    VhostUserServer.Builder serving = VhostUserServer.builder(loops);
    for (int i = 0; i < requests.size(); i++) {
      serving.export(export(requests.get(i), devices.get(i), plan));
    }
    try {
      server = serving.start();
    } catch (UncheckedIOException notListening) {
      throw new CliException(ExitCode.FAILED, notListening.getCause().getMessage(), notListening);
    }
    List<VhostUserExport> exports = server.exports();
    for (int i = 0; i < exports.size(); i++) {
      exported.add(new ExportedDevice(requests.get(i), exports.get(i)));
    }
    if (options.metrics() != null) {
      metrics = MetricsEndpoint.start(options.metrics(), List.copyOf(exported));
    }
    if (options.control() != null) {
      try {
        startControl(options.control());
      } catch (IOException | IllegalArgumentException notListening) {
        throw new CliException(
            ExitCode.FAILED,
            "the control socket cannot listen on "
                + options.control()
                + ": "
                + notListening.getMessage(),
            notListening);
      }
    }
  }

  /** Listens for {@code virtio stats}. */
  void startControl(Path path) throws IOException {
    control = ControlServer.start(path, List.copyOf(exported));
  }

  /** Whether it listens for {@code virtio stats}. */
  boolean hasControl() {
    return control != null;
  }

  private ExportConfig export(DeviceRequest request, VirtioDevice device, LoopPlan plan) {
    int[] indices = plan.assign(request, device.queues());
    DeviceLoops all = loops;
    ExportConfig.Builder builder =
        ExportConfig.builder(device)
            .name(request.name())
            .inband(request.inband())
            .loops(queue -> all.get(indices[queue]));
    return request.socket() != null
        ? builder.socket(request.socket()).build()
        : builder.descriptor(request.descriptor()).build();
  }

  /** The devices, in the order in which they were asked for. */
  List<ExportedDevice> devices() {
    return List.copyOf(exported);
  }

  /** Where Prometheus reads; null if it does not. */
  MetricsEndpoint metrics() {
    return metrics;
  }

  /**
   * Ends: requests are finished, 10 seconds at most, images are synced, sockets are removed.
   * Whatever was not started is passed over.
   *
   * @return false if a request was not finished, or an image not synced; the process is to be
   *     halted then, as threads may be left that never end
   */
  boolean end() {
    if (control != null) {
      control.close();
    }
    if (metrics != null) {
      metrics.close();
    }
    boolean finished = server == null || server.shutdown(PATIENCE);
    boolean synced = true;
    for (VirtioDevice device : devices) {
      try {
        device.close();
      } catch (RuntimeException lost) {
        LOGGER.log(Level.ERROR, device + " was not closed in order", lost);
        synced = false;
      }
    }
    // A loop waits for the requests that it has sent off.
    if (loops != null && finished) {
      loops.close();
    }
    return finished && synced;
  }

  /** {@link #end Ends}, for those who do not ask how. */
  @Override
  public void close() {
    boolean unused = end();
  }
}
