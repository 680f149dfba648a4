package dev.virtio4j.device;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * The ServiceLoader seat of a device type: a name that users write, and a device made from what
 * they wrote.
 */
public interface VirtioDeviceProvider {
  /**
   * The name in a device specification, such as {@code blk}.
   *
   * @return lower-case letters and digits
   */
  String name();

  /**
   * What a user may write, one line a key.
   *
   * @return the keys with their meaning, in the order to show them
   */
  List<Option> options();

  /**
   * Makes a device.
   *
   * @param options a JSON object; a key from the command line is a string
   * @return the device, its back-end open
   * @throws DeviceOptionException if an option is wrong, or what it names cannot be opened
   */
  VirtioDevice create(JsonNode options);

  /**
   * One key of a device's options.
   *
   * @param key its name
   * @param value what may stand behind it, such as {@code PATH} or {@code on|off}
   * @param meaning a short sentence, with the default
   * @param required whether it must be there
   */
  record Option(String key, String value, String meaning, boolean required) {}
}
