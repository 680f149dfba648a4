package dev.virtio4j.guest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A vhost-user device of a QEMU guest. Immutable.
 *
 * @param model QEMU's name of the device, for example {@code vhost-user-blk-pci}
 * @param socket where its back-end listens
 * @param properties properties of {@code -device}, in order
 * @param reconnect how long QEMU waits before it connects again; zero for never
 */
public record QemuDevice(
    String model, Path socket, Map<String, String> properties, Duration reconnect) {
  /**
   * Checks and copies the parts.
   *
   * @param model see above
   * @param socket see above
   * @param properties see above
   * @param reconnect see above
   */
  public QemuDevice {
    Objects.requireNonNull(model);
    properties = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(properties));
    if (socket.toString().contains(",")) {
      throw new IllegalArgumentException(
          "a socket of QEMU may have no comma in its path: " + socket);
    }
    if (reconnect.isNegative()) {
      throw new IllegalArgumentException("a negative time: " + reconnect);
    }
  }

  /**
   * A disk on PCI with one queue of 128 entries and split rings.
   *
   * @param socket where its back-end listens
   * @return the device
   */
  public static QemuDevice disk(Path socket) {
    return of("vhost-user-blk-pci", socket).queues(1);
  }

  /**
   * A device of another kind.
   *
   * @param model QEMU's name of the device, for example {@code vhost-user-rng-pci}
   * @param socket where its back-end listens
   * @return the device
   */
  public static QemuDevice of(String model, Path socket) {
    return new QemuDevice(model, socket.toAbsolutePath(), Map.of(), Duration.ZERO);
  }

  /**
   * Sets a property.
   *
   * @param name its name, for example {@code in_order}
   * @param value its value, for example {@code on}
   * @return a device that has it
   */
  public QemuDevice with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(properties);
    more.put(name, value);
    return new QemuDevice(model, socket, more, reconnect);
  }

  /**
   * Sets the number of queues of a disk.
   *
   * @param count the number; the guest uses no more than it has processors
   * @return a device that has them
   */
  public QemuDevice queues(int count) {
    return with("num-queues", Integer.toString(count));
  }

  /**
   * Sets the size of a disk's queues.
   *
   * @param size a power of two
   * @return a device that has it
   */
  public QemuDevice queueSize(int size) {
    return with("queue-size", Integer.toString(size));
  }

  /**
   * Sets whether packed rings are offered.
   *
   * @param on whether they are
   * @return a device that offers them or not
   */
  public QemuDevice packed(boolean on) {
    return with("packed", on ? "on" : "off");
  }

  /**
   * Lets QEMU connect again to a back-end that has gone.
   *
   * @param delay how long it waits; whole seconds before QEMU 9.2
   * @return a device that does so
   */
  public QemuDevice reconnectAfter(Duration delay) {
    return new QemuDevice(model, socket, properties, delay);
  }

  /** The arguments for QEMU. */
  List<String> arguments(QemuProgram qemu, int number) {
    String id = "v4j" + number;
    StringBuilder chardev = new StringBuilder("socket,id=" + id + "c,path=" + socket);
    if (!reconnect.isZero()) {
      chardev.append(
          qemu.isAtLeast(9, 2)
              ? ",reconnect-ms=" + reconnect.toMillis()
              : ",reconnect=" + Math.max(1, reconnect.toSeconds()));
    }
    StringBuilder device = new StringBuilder(model + ",id=" + id + ",chardev=" + id + "c");
    properties.forEach((name, value) -> device.append(',').append(name).append('=').append(value));
    return List.of("-chardev", chardev.toString(), "-device", device.toString());
  }
}
