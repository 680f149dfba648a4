package dev.virtio4j.device;

/** What a device is handed when it is activated. Usable from any thread. */
public interface DeviceContext {
  /**
   * What driver and device agreed upon.
   *
   * @return feature bits 0 to 63
   */
  long features();

  /** Tells the driver that the configuration space has changed. */
  void configChanged();
}
