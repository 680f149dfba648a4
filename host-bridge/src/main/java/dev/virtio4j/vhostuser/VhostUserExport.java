package dev.virtio4j.vhostuser;

import dev.virtio4j.device.Metric;
import dev.virtio4j.device.QueueCounters;
import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.vhostuser.session.Endpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A device that is being served. Usable from any thread. */
public final class VhostUserExport {
  private final ExportConfig config;
  private final Endpoint endpoint;
  private final DeviceLoop control;

  VhostUserExport(ExportConfig config, Endpoint endpoint, DeviceLoop control) {
    this.config = config;
    this.endpoint = endpoint;
    this.control = control;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  ExportConfig config() {
    return config;
  }

  /**
   * What it is called.
   *
   * @return its name in logs and figures
   */
  public String name() {
    return config.name();
  }

  /**
   * The device.
   *
   * @return it
   */
  public VirtioDevice device() {
    return config.device();
  }

  /**
   * Where it listens.
   *
   * @return a path, or null if it goes on with a listening descriptor
   */
  public Path socket() {
    return config.socket();
  }

  /**
   * Tells whether a front-end is connected.
   *
   * @return true from its arrival until all that it gave is released
   */
  public boolean connected() {
    return endpoint.connected();
  }

  /**
   * What has been counted: of the front-ends, of each queue, and by the device itself. Figures of
   * queues count on from one front-end to the next.
   *
   * @return the figures, each with the label {@code export}
   */
  public CompletionStage<List<Metric>> metrics() {
    List<Metric> metrics = new ArrayList<>();
    add(
        metrics,
        gauge("virtio_connected", "1 while a front-end is connected", connected() ? 1 : 0));
    add(
        metrics,
        counter("virtio_connections_total", Map.of(), "Front-ends served", endpoint.accepted()));
    add(
        metrics,
        counter(
            "virtio_connections_refused_total",
            Map.of(),
            "Front-ends turned away, since another one was connected",
            endpoint.refused()));
    return CompletableFuture.supplyAsync(this::queues, control)
        .thenCompose(all -> all)
        .thenCompose(
            queues -> {
              queues.forEach(metric -> add(metrics, metric));
              return config.device().metrics();
            })
        .thenApply(
            own -> {
              own.forEach(metric -> add(metrics, metric));
              return List.copyOf(metrics);
            });
  }

  private CompletionStage<List<Metric>> queues() {
    CompletionStage<List<Metric>> all = CompletableFuture.completedStage(new ArrayList<>());
    for (int i = 0; i < config.device().queues(); i++) {
      Map<String, String> labels = Map.of("queue", Integer.toString(i));
      all =
          all.thenCombine(
              endpoint.lifecycle().counters(i),
              (metrics, counters) -> {
                addQueue(metrics, labels, counters);
                return metrics;
              });
    }
    return all;
  }

  private static void addQueue(
      List<Metric> metrics, Map<String, String> labels, QueueCounters counters) {
    metrics.add(counter("virtio_queue_chains_total", labels, "Chains taken", counters.chains()));
    metrics.add(
        counter("virtio_queue_completed_total", labels, "Chains given back", counters.completed()));
    metrics.add(
        counter("virtio_queue_kicks_total", labels, "Notifications heard", counters.kicks()));
    metrics.add(
        counter("virtio_queue_interrupts_total", labels, "Interrupts sent", counters.interrupts()));
    metrics.add(
        counter(
            "virtio_queue_interrupts_suppressed_total",
            labels,
            "Completions without an interrupt of their own",
            counters.suppressed()));
    metrics.add(
        new Metric(
            "virtio_queue_in_flight",
            labels,
            Metric.Kind.GAUGE,
            "Chains taken and not given back",
            counters.inFlight()));
  }

  private static Metric gauge(String name, String help, double value) {
    return new Metric(name, Map.of(), Metric.Kind.GAUGE, help, value);
  }

  private static Metric counter(String name, Map<String, String> labels, String help, long value) {
    return new Metric(name, labels, Metric.Kind.COUNTER, help, (double) value);
  }

  private void add(List<Metric> metrics, Metric metric) {
    Map<String, String> labels = new HashMap<>(metric.labels());
    labels.put("export", name());
    metrics.add(new Metric(metric.name(), labels, metric.kind(), metric.help(), metric.value()));
  }
}
