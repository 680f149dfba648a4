package dev.virtio4j.guest;

import dev.virtio4j.posix.SystemCallFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * User-mode Linux: a Linux kernel that is an ordinary process, and whose Virtio devices are
 * vhost-user sockets. One processor, hence one queue of a device is used.
 */
public final class UmlGuest implements Guest {
  private final RunningGuest guest;

  private UmlGuest(RunningGuest guest) {
    this.guest = guest;
  }

  /**
   * Starts a builder.
   *
   * @param parts finds the kernel and the programs
   * @return a builder of a guest with 256 MiB and no devices
   */
  public static Builder builder(GuestParts parts) {
    return new Builder(parts);
  }

  @Override
  public String kernelRelease() {
    return guest.shell().kernelRelease();
  }

  @Override
  public GuestScript start(String script) throws IOException {
    return guest.start(script);
  }

  @Override
  public void sendLine(String line) throws IOException {
    guest.shell().sendLine(line);
  }

  @Override
  public List<String> consoleTail(int count) {
    return guest.tail(count);
  }

  @Override
  public long pid() {
    return guest.process().process().pid();
  }

  @Override
  public OptionalInt awaitExit(Duration timeout) throws GuestException {
    return guest.awaitExit(timeout);
  }

  @Override
  public void close() {
    guest.close();
  }

  /** Collects what a guest is made of. */
  public static final class Builder {
    /** Virtio 1.4, section 5: device ids. */
    private static final int BLOCK_DEVICE = 2;

    private final GuestParts parts;
    private final List<String> devices = new ArrayList<>();
    private final List<String> modules = new ArrayList<>(List.of("virtio_blk"));
    private final List<String> arguments = new ArrayList<>();
    private int memoryMiB = 256;
    private Duration bootTimeout = Duration.ofMinutes(1);
    private Consumer<String> listener = line -> {};

    private Builder(GuestParts parts) {
      this.parts = parts;
    }

    /**
     * Adds a vhost-user device.
     *
     * @param socket where its back-end listens
     * @param deviceId its Virtio device id, for example 2 for a block device
     * @return this
     */
    public Builder device(Path socket, int deviceId) {
      String path = socket.toAbsolutePath().toString();
      if (path.contains(":") || path.contains(" ")) {
        throw new IllegalArgumentException(
            "a socket of User-mode Linux may have no colon or space in its path: " + path);
      }
      devices.add("virtio_uml.device=" + path + ":" + deviceId);
      return this;
    }

    /**
     * Adds a disk: {@code /dev/vda} and so on.
     *
     * @param socket where its back-end listens
     * @return this
     */
    public Builder disk(Path socket) {
      return device(socket, BLOCK_DEVICE);
    }

    /**
     * Sets the guest's memory.
     *
     * @param mebibytes at least 64
     * @return this
     */
    public Builder memory(int mebibytes) {
      if (mebibytes < 64) {
        throw new IllegalArgumentException("a guest needs 64 MiB, not " + mebibytes);
      }
      memoryMiB = mebibytes;
      return this;
    }

    /**
     * Has init load one more module, before others that were added later.
     *
     * @param name for example {@code virtio_net}
     * @return this
     */
    public Builder module(String name) {
      modules.add(name);
      return this;
    }

    /**
     * Leaves out the modules that init loads otherwise, for a test that loads them itself.
     *
     * @return this
     */
    public Builder noModules() {
      modules.clear();
      return this;
    }

    /**
     * Adds a word to the kernel's command line.
     *
     * @param argument for example {@code loglevel=7}
     * @return this
     */
    public Builder kernelArgument(String argument) {
      arguments.add(argument);
      return this;
    }

    /**
     * Sets how long the guest may take to boot.
     *
     * @param timeout a minute where not set
     * @return this
     */
    public Builder bootTimeout(Duration timeout) {
      bootTimeout = timeout;
      return this;
    }

    /**
     * Sets who hears each line of the console, from a thread of its own.
     *
     * @param consumer the listener
     * @return this
     */
    public Builder console(Consumer<String> consumer) {
      listener = consumer;
      return this;
    }

    /**
     * Fetches what is not there, and boots.
     *
     * @return the guest, ready for scripts
     * @throws GuestUnavailableException if this host lacks something
     * @throws GuestTimeoutException if it does not boot in time
     * @throws IOException if it cannot be started, or its kernel fails
     */
    public UmlGuest boot() throws IOException {
      GuestParts.Kernel kernel = parts.uml();
      Initramfs initramfs =
          Initramfs.builder(parts.userland()).modules(kernel.modules(), modules).build();
      // Short: the management socket's path below it must fit in a socket address.
      GuestProcess process =
          GuestFolder.start("v4j-uml-", folder -> start(kernel, initramfs, folder));
      RunningGuest guest = new RunningGuest("User-mode Linux", process, listener);
      guest.boot(bootTimeout);
      return new UmlGuest(guest);
    }

    private GuestProcess start(GuestParts.Kernel kernel, Initramfs initramfs, Path folder)
        throws IOException {
      Path memoryFolder = GuestMemoryFolder.choose((long) memoryMiB << 20, folder);
      Path initrd = folder.resolve("initrd.gz");
      initramfs.writeTo(initrd);
      List<String> command = new ArrayList<>();
      command.add(kernel.image().toAbsolutePath().toString());
      command.addAll(
          List.of(
              "mem=" + memoryMiB + "M",
              "initrd=" + initrd,
              "con=null",
              "con0=fd:0,fd:1",
              "uml_dir=" + folder,
              "umid=guest",
              "panic=-1",
              // Messages of less weight would break into lines of init.
              "loglevel=2"));
      Optional<SystemCallFilter> filter = Optional.empty();
      if (UmlVectorState.isTooLarge(kernel.image())) {
        filter = Optional.of(UmlVectorState.HIDDEN);
        command.add(UmlVectorState.NO_VECTORS);
      }
      command.addAll(devices);
      command.addAll(arguments);
      return GuestProcess.start(command, Map.of("TMPDIR", memoryFolder.toString()), folder, filter);
    }
  }
}
