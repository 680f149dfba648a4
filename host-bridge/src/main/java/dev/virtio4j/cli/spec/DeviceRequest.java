package dev.virtio4j.cli.spec;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.device.VirtioDeviceProvider;
import java.nio.file.Path;

/**
 * One device to serve: its keys are known, each value of the transport's is right; those of the
 * device's are the provider's to check.
 *
 * @param draft as it was written, for later errors
 * @param provider makes the device
 * @param name unique among the devices of the process
 * @param socket where it listens; null if it adopts a descriptor
 * @param descriptor the listening socket that it adopts; -1 if it makes its own
 * @param inband whether INBAND_NOTIFICATIONS is offered
 * @param loop the loop that all its queues sit on; null spreads them
 * @param options the device's own keys
 */
public record DeviceRequest(
    DeviceDraft draft,
    VirtioDeviceProvider provider,
    String name,
    Path socket,
    int descriptor,
    boolean inband,
    String loop,
    ObjectNode options) {
  /**
   * Where a key stands.
   *
   * @param key of the device or of the transport
   * @return its place, or the device's if it is not there
   */
  public Source source(String key) {
    for (DeviceDraft.Entry entry : draft.entries()) {
      if (entry.key().equals(key)) {
        return entry.source();
      }
    }
    return draft.source();
  }
}
