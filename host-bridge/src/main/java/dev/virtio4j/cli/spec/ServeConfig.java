package dev.virtio4j.cli.spec;

import java.util.List;

/**
 * What a configuration file says. What it leaves out is null.
 *
 * @param devices the devices
 * @param loops how many loops
 * @param pollMicros how long a loop looks on before it sleeps
 * @param logLevel what is logged
 * @param metrics where Prometheus reads
 * @param control where {@code virtio stats} asks
 */
public record ServeConfig(
    List<DeviceDraft> devices,
    Integer loops,
    Integer pollMicros,
    Setting logLevel,
    Setting metrics,
    Setting control) {
  /**
   * Copies the list.
   *
   * @param devices see above
   * @param loops see above
   * @param pollMicros see above
   * @param logLevel see above
   * @param metrics see above
   * @param control see above
   */
  public ServeConfig {
    devices = List.copyOf(devices);
  }

  /** Of no file. */
  public static final ServeConfig NONE = new ServeConfig(List.of(), null, null, null, null, null);
}
