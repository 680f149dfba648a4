package dev.virtio4j.vhostuser;

import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.loop.DeviceLoop;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.IntFunction;

/** How one device is served. Immutable. */
public final class ExportConfig {
  private static final int NO_DESCRIPTOR = -1;

  private final VirtioDevice device;
  private final String name;
  private final Path socket;
  private final int descriptor;
  private final boolean inband;
  private final boolean closeDevice;
  private final IntFunction<DeviceLoop> loops;
  private final VhostUserExtension extension;

  private ExportConfig(Builder builder) {
    this.device = builder.device;
    this.socket = builder.socket;
    this.descriptor = builder.descriptor;
    if ((socket == null) == (descriptor == NO_DESCRIPTOR)) {
      throw new IllegalArgumentException(
          "an export needs a socket path or a listening descriptor, and not both");
    }
    this.name = builder.name != null ? builder.name : where();
    this.inband = builder.inband;
    this.closeDevice = builder.closeDevice;
    this.loops = builder.loops;
    this.extension = builder.extension;
  }

  private String where() {
    return socket != null ? socket.toString() : "fd " + descriptor;
  }

  /**
   * Begins to say how a device is served.
   *
   * @param device not active, and in no other export
   * @return where to listen is still to be said
   */
  public static Builder builder(VirtioDevice device) {
    return new Builder(device);
  }

  /**
   * The device.
   *
   * @return it
   */
  public VirtioDevice device() {
    return device;
  }

  /**
   * What the export is called in logs and figures.
   *
   * @return its name; where it listens, unless it was given one
   */
  public String name() {
    return name;
  }

  /**
   * Where it listens.
   *
   * @return a path, or null if it goes on with a listening descriptor
   */
  public Path socket() {
    return socket;
  }

  /**
   * The listening descriptor that it goes on with.
   *
   * @return a descriptor, or -1 if it listens on a path
   */
  public int descriptor() {
    return descriptor;
  }

  /**
   * Tells whether INBAND_NOTIFICATIONS is offered.
   *
   * @return true if so
   */
  public boolean inband() {
    return inband;
  }

  /**
   * Tells whether the server closes the device when it is closed itself.
   *
   * @return true if so
   */
  public boolean closeDevice() {
    return closeDevice;
  }

  /**
   * Which loop a queue sits on.
   *
   * @return maps a queue's index to its loop; null if the server chooses
   */
  public IntFunction<DeviceLoop> loops() {
    return loops;
  }

  /**
   * The device type's own messages.
   *
   * @return what serves them
   */
  public VhostUserExtension extension() {
    return extension;
  }

  /** Says how a device is served. */
  public static final class Builder {
    private final VirtioDevice device;
    private String name;
    private Path socket;
    private int descriptor = NO_DESCRIPTOR;
    private boolean inband;
    private boolean closeDevice;
    private IntFunction<DeviceLoop> loops;
    private VhostUserExtension extension;

    private Builder(VirtioDevice device) {
      this.device = Objects.requireNonNull(device, "device");
      this.extension = device instanceof VhostUserExtension own ? own : VhostUserExtension.NONE;
    }

    /**
     * Names the export, for logs and figures.
     *
     * @param exportName a short name
     * @return this
     */
    public Builder name(String exportName) {
      name = Objects.requireNonNull(exportName, "exportName");
      return this;
    }

    /**
     * Listens on a path. The socket file is removed when the server is closed.
     *
     * @param path at most 107 bytes
     * @return this
     */
    public Builder socket(Path path) {
      socket = Objects.requireNonNull(path, "path");
      return this;
    }

    /**
     * Goes on with a socket that somebody else made to listen, such as the parent process or
     * systemd.
     *
     * @param listening a listening Unix stream socket, which the server closes
     * @return this
     */
    public Builder descriptor(int listening) {
      if (listening < 0) {
        throw new IllegalArgumentException("not a file descriptor: " + listening);
      }
      descriptor = listening;
      return this;
    }

    /**
     * Offers INBAND_NOTIFICATIONS. Off unless asked for: a front-end that accepts it (User-mode
     * Linux) sends every kick as a message, which is slow.
     *
     * @param offered whether to
     * @return this
     */
    public Builder inband(boolean offered) {
      inband = offered;
      return this;
    }

    /**
     * Has the server close the device when it is closed itself.
     *
     * @param close whether to; not, unless asked for
     * @return this
     */
    public Builder closeDevice(boolean close) {
      closeDevice = close;
      return this;
    }

    /**
     * Chooses the loop of each queue.
     *
     * @param choice maps a queue's index to its loop
     * @return this
     */
    public Builder loops(IntFunction<DeviceLoop> choice) {
      loops = Objects.requireNonNull(choice, "choice");
      return this;
    }

    /**
     * Adds the device type's own messages. A device that implements {@link VhostUserExtension} is
     * its own.
     *
     * @param messages what serves them
     * @return this
     */
    public Builder extension(VhostUserExtension messages) {
      extension = Objects.requireNonNull(messages, "messages");
      return this;
    }

    /**
     * Done.
     *
     * @return the configuration
     * @throws IllegalArgumentException if it does not say where to listen, or twice
     */
    public ExportConfig build() {
      return new ExportConfig(this);
    }
  }
}
