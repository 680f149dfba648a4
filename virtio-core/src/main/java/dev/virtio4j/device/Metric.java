package dev.virtio4j.device;

import java.util.Map;
import java.util.Objects;

/**
 * One figure of a device, in the form that Prometheus takes.
 *
 * @param name snake_case with its unit, such as {@code virtio_blk_bytes_total}
 * @param labels what it counts of what, such as {@code queue="0", op="read"}
 * @param kind whether it only grows
 * @param help a short sentence
 * @param value the figure; seconds and bytes are the units
 */
public record Metric(
    String name, Map<String, String> labels, Kind kind, String help, double value) {
  /** How a figure moves. */
  public enum Kind {
    /** Grows from 0 at the start of the server. */
    COUNTER,
    /** Goes up and down. */
    GAUGE
  }

  /**
   * Copies the labels.
   *
   * @param name see above
   * @param labels see above
   * @param kind see above
   * @param help see above
   * @param value see above
   */
  public Metric {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(help, "help");
    labels = Map.copyOf(labels);
  }
}
