package dev.virtio4j.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * A distribution's Linux kernel in QEMU's emulated x86-64 (TCG), with vhost-user devices on PCI.
 */
public final class QemuGuest implements Guest {
  private static final Duration START = Duration.ofSeconds(30);

  private final RunningGuest guest;
  private final QmpClient qmp;

  private QemuGuest(RunningGuest guest, QmpClient qmp) {
    this.guest = guest;
    this.qmp = qmp;
  }

  /**
   * Starts a builder.
   *
   * @param qemu the program
   * @param parts finds the kernel and the programs for the inside
   * @return a builder of a guest with two processors, 512 MiB and no devices
   */
  public static Builder builder(QemuProgram qemu, GuestParts parts) {
    return new Builder(qemu, parts);
  }

  /**
   * The control connection.
   *
   * @return the client, closed with the guest
   */
  public QmpClient qmp() {
    return qmp;
  }

  /**
   * Migrates a guest into this one, which was started with {@link Builder#incoming}; a script that
   * runs there goes on here, and the object {@link GuestScript} stays good.
   *
   * @param source the guest to leave, closed afterwards
   * @param timeout how long it may take
   * @throws IOException if it fails; then the source is left as QEMU left it
   */
  public void migrateFrom(QemuGuest source, Duration timeout) throws IOException {
    source.qmp.migrate("unix:" + incomingSocket(guest.process().folder()), timeout);
    qmp.awaitStatus("running", START);
    source.guest.handOver();
    source.quit();
    guest.takeOver(source.guest);
    source.close();
  }

  /** Ends QEMU by its own command: what the console said last can still be read. */
  private void quit() throws GuestException {
    try {
      qmp.execute("quit");
    } catch (IOException e) {
      // It may have gone before it answered.
    }
    if (guest.awaitExit(START).isEmpty()) {
      throw new GuestTimeoutException("QEMU did not quit in " + START);
    }
  }

  private static Path incomingSocket(Path folder) {
    return folder.resolve("migrate.sock");
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
    try {
      qmp.close();
    } catch (IOException e) {
      // The process goes anyway.
    }
    guest.close();
  }

  /** Collects what a guest is made of. */
  public static final class Builder {
    private final QemuProgram qemu;
    private final GuestParts parts;
    private final List<QemuDevice> devices = new ArrayList<>();
    private final List<String> modules = new ArrayList<>(List.of("virtio_pci", "virtio_blk"));
    private final List<String> kernelArguments = new ArrayList<>();
    private final List<String> moreArguments = new ArrayList<>();
    private GuestParts.Kernel kernel;
    private int memoryMiB = 512;
    private int processors = 2;
    private boolean migratable;
    private boolean incoming;
    private Duration bootTimeout = Duration.ofMinutes(3);
    private Consumer<String> listener = line -> {};

    private Builder(QemuProgram qemu, GuestParts parts) {
      this.qemu = qemu;
      this.parts = parts;
    }

    /**
     * Adds a device.
     *
     * @param device the device
     * @return this
     */
    public Builder device(QemuDevice device) {
      devices.add(device);
      return this;
    }

    /**
     * Sets the guest's memory.
     *
     * @param mebibytes at least 128
     * @return this
     */
    public Builder memory(int mebibytes) {
      if (mebibytes < 128) {
        throw new IllegalArgumentException("a guest needs 128 MiB, not " + mebibytes);
      }
      memoryMiB = mebibytes;
      return this;
    }

    /**
     * Sets the number of processors, each on a thread of its own. With one alone QEMU 7.2 leaves
     * out the guest's memory barriers, which devices in other processes need.
     *
     * @param count from 1 to 255
     * @return this
     */
    public Builder processors(int count) {
      if (count < 1 || count > 255) {
        throw new IllegalArgumentException("from 1 to 255 processors, not " + count);
      }
      processors = count;
      return this;
    }

    /**
     * Sets another kernel than {@link GuestParts#linux}.
     *
     * @param other the kernel
     * @return this
     */
    public Builder kernel(GuestParts.Kernel other) {
      kernel = other;
      return this;
    }

    /**
     * Has init load one more module, after {@code virtio_pci} and {@code virtio_blk}.
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
      kernelArguments.add(argument);
      return this;
    }

    /**
     * Adds arguments to QEMU's command line.
     *
     * @param arguments for example {@code -device}, {@code virtio-rng-pci}
     * @return this
     */
    public Builder arguments(List<String> arguments) {
      moreArguments.addAll(arguments);
      return this;
    }

    /**
     * Makes a guest that can be moved while it runs. It has 8 KiB less memory: before 9.0, QEMU's
     * emulator loses track of what the guest writes during a migration where the memory is a
     * multiple of 256 KiB.
     *
     * @return this
     */
    public Builder migratable() {
      migratable = true;
      return this;
    }

    /**
     * Waits for a migration instead of booting: see {@link QemuGuest#migrateFrom}. All else must be
     * as in the guest that comes, but the sockets.
     *
     * @return this
     */
    public Builder incoming() {
      migratable = true;
      incoming = true;
      return this;
    }

    /**
     * Sets how long the guest may take to boot.
     *
     * @param timeout three minutes where not set
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
     * Fetches what is not there, and boots, or waits for a migration.
     *
     * @return the guest, ready for scripts; or, after {@link #incoming}, for {@link
     *     QemuGuest#migrateFrom}
     * @throws GuestUnavailableException if this host lacks something
     * @throws GuestTimeoutException if it does not boot in time
     * @throws IOException if it cannot be started, or its kernel fails
     */
    public QemuGuest boot() throws IOException {
      GuestParts.Kernel booted = kernel != null ? kernel : parts.linux();
      Initramfs initramfs =
          Initramfs.builder(parts.userland()).modules(booted.modules(), modules).build();
      GuestProcess process =
          GuestFolder.start(
              "v4j-qemu-",
              folder -> {
                Path initrd = folder.resolve("initrd.gz");
                initramfs.writeTo(initrd);
                return GuestProcess.start(
                    command(booted, initrd, folder), qemu.environment(), folder, Optional.empty());
              });
      RunningGuest guest = new RunningGuest("QEMU", process, listener);
      if (!incoming) {
        guest.boot(bootTimeout);
      }
      try {
        return new QemuGuest(guest, QmpClient.connect(process.folder().resolve("qmp.sock"), START));
      } catch (IOException e) {
        guest.close();
        throw e;
      }
    }

    private List<String> command(GuestParts.Kernel booted, Path initrd, Path folder) {
      String memory = ((memoryMiB << 10) - (migratable ? 8 : 0)) + "K";
      List<String> command = new ArrayList<>();
      command.add(qemu.binary().toString());
      command.addAll(qemu.arguments());
      command.addAll(
          List.of(
              "-no-user-config",
              "-nodefaults",
              "-no-reboot",
              "-display",
              "none",
              "-serial",
              "stdio",
              "-monitor",
              "none",
              "-qmp",
              "unix:" + folder.resolve("qmp.sock") + ",server=on,wait=off",
              "-accel",
              "tcg,thread=multi",
              "-cpu",
              "max",
              "-smp",
              Integer.toString(processors),
              "-m",
              memory,
              "-object",
              // Shared: the back-end maps it.
              "memory-backend-memfd,id=memory,size=" + memory + ",share=on",
              "-machine",
              "q35,memory-backend=memory",
              "-kernel",
              booted.image().toString(),
              "-initrd",
              initrd.toString(),
              "-append",
              ("console=ttyS0 panic=-1 loglevel=2 " + String.join(" ", kernelArguments)).strip()));
      if (incoming) {
        command.addAll(List.of("-incoming", "unix:" + incomingSocket(folder)));
      }
      for (int i = 0; i < devices.size(); i++) {
        command.addAll(devices.get(i).arguments(qemu, i));
      }
      command.addAll(moreArguments);
      return command;
    }
  }
}
