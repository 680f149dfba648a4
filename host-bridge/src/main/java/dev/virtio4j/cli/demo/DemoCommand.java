package dev.virtio4j.cli.demo;

import dev.virtio4j.blk.BlockDevice;
import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.Command;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.command.ExitHook;
import dev.virtio4j.cli.command.Units;
import dev.virtio4j.cli.log.CliLoggerFinder;
import dev.virtio4j.cli.log.NettyLogging;
import dev.virtio4j.device.Metric;
import dev.virtio4j.guest.GuestCache;
import dev.virtio4j.guest.GuestException;
import dev.virtio4j.guest.GuestParts;
import dev.virtio4j.guest.GuestUnavailableException;
import dev.virtio4j.guest.ScriptResult;
import dev.virtio4j.guest.UmlGuest;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.vhostuser.VhostUserServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ParameterException;

/** {@code virtio demo}. */
public final class DemoCommand extends Command {
  private static final String DEFAULT_SIZE = "512M";
  private static final long LEAST_SIZE = 128L << 20;
  private static final long MOST_SIZE = 1L << 40;
  private static final String SERIAL = "virtio4j-demo";
  private static final String STEP = "@v4j step ";
  private static final int FILES = 16;
  private static final int FILE_MIB = 4;
  private static final int MEASURE_SECONDS = 2;
  private static final Duration SCRIPT_TIME = Duration.ofMinutes(10);
  private static final Duration POWER_OFF_TIME = Duration.ofSeconds(20);

  /**
   * Makes one.
   *
   * @param context what surrounds it
   */
  public DemoCommand(CliContext context) {
    super(
        context,
        "demo",
        "Boot a Linux guest on a disk that this process serves, check every byte, and measure.",
        "Needs no root. Fetches User-mode Linux and busybox once, into $XDG_CACHE_HOME or ~/.cache.");
    option(
        "--image",
        "PATH",
        Path.class,
        "Make the disk here, and leave it if all went well; must not be there yet.");
    option("--size", "SIZE", String.class, "The disk's size (default: " + DEFAULT_SIZE + ").");
    flag("--keep", "Leave the disk image, whatever happens.");
  }

  @Override
  public Integer call() {
    long size = size();
    if (!System.getProperty("os.name").equals("Linux")) {
      throw new CliException(
          ExitCode.HOST_LACKS,
          "the demo's guest is User-mode Linux, which runs on Linux alone; run it in a Linux"
              + " virtual machine or container (Debian or Ubuntu, x86-64)");
    }
    System.setProperty(CliLoggerFinder.LEVEL_PROPERTY, "warn");
    NettyLogging.install();
    Progress progress = new Progress(context());
    try (DemoFiles files =
        DemoFiles.make(
            context().environment(), value("--image", Path.class), size, given("--keep"))) {
      ExitHook hook = new ExitHook("virtio-demo-clean-up", files::close);
      try {
        run(files, progress);
      } finally {
        hook.takeBack();
        progress.end();
      }
      files.finished();
    } catch (GuestUnavailableException lacking) {
      throw new CliException(ExitCode.HOST_LACKS, lacking.getMessage(), lacking);
    } catch (GuestException failed) {
      throw new CliException(
          ExitCode.FAILED,
          "the guest failed: "
              + failed.getMessage()
              + "\nrun again; 'virtio doctor' tells what"
              + " this host lacks",
          failed);
    } catch (IOException failed) {
      throw new CliException(ExitCode.FAILED, "the demo failed: " + failed.getMessage(), failed);
    }
    return ExitCode.DONE;
  }

  private long size() {
    String text = value("--size", String.class);
    try {
      long size = Units.parseSize(text == null ? DEFAULT_SIZE : text);
      if (size < LEAST_SIZE || size > MOST_SIZE || size % 4096 != 0) {
        throw new IllegalArgumentException("is from 128M to 1T, a multiple of 4096, not " + text);
      }
      return size;
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec().commandLine(), "--size: " + wrong.getMessage(), wrong);
    }
  }

  private void run(DemoFiles files, Progress progress) throws IOException {
    progress.step("serving a disk of this JVM");
    try (DeviceLoops loops = DeviceLoops.builder().count(1).namePrefix("virtio-loop").start();
        BlockDevice disk = BlockDevice.builder(files.image()).serial(SERIAL).build();
        VhostUserServer server =
            VhostUserServer.builder(loops).export(disk, files.socket()).start()) {
      progress.step("looking for a Linux guest");
      GuestParts parts =
          new GuestParts(GuestCache.ofUser(), context().environment(), progress::step);
      ScriptResult result = guest(parts, files, progress);
      List<Metric> metrics = server.exports().get(0).metrics().toCompletableFuture().join();
      progress.end();
      judge(result);
      context()
          .out()
          .println("A Linux guest used a disk that this JVM served: every byte was right.");
      context().out().println();
      context().out().print(DemoReport.render(result, metrics, FILES));
      context().out().println();
      if (files.keep()) {
        context().out().println("the disk image: " + files.image());
      }
      context().out().println(String.format(Locale.ROOT, "took %.0f s", progress.seconds()));
    } catch (UncheckedIOException failed) {
      throw failed.getCause();
    }
  }

  private static ScriptResult guest(GuestParts parts, DemoFiles files, Progress progress)
      throws IOException {
    UmlGuest.Builder builder =
        UmlGuest.builder(parts)
            .disk(files.socket())
            .console(
                line -> {
                  if (line.startsWith(STEP)) {
                    progress.step("guest: " + line.substring(STEP.length()));
                  }
                });
    parts.uml();
    parts.userland();
    progress.step("booting the guest");
    try (UmlGuest guest = builder.boot()) {
      ScriptResult result =
          guest.run(
              "disk-demo /dev/vda " + FILES + " " + FILE_MIB + " " + MEASURE_SECONDS, SCRIPT_TIME);
      progress.step("switching the guest off");
      guest.powerOff(POWER_OFF_TIME);
      return result;
    }
  }

  /** Anything but all right is an error. */
  private static void judge(ScriptResult result) throws GuestException {
    if (result.status() == ExitCode.DATA_WRONG) {
      throw new CliException(
          ExitCode.DATA_WRONG,
          "data was wrong: "
              + result.values().getOrDefault("failure", result.text())
              + "\nplease report this, with what 'virtio --version' prints");
    }
    if (result.status() != 0) {
      throw new GuestException(
          result.values().getOrDefault("failure", "it printed last: " + result.text()));
    }
    if (!result.value("written").equals(result.value("verified"))) {
      throw new CliException(
          ExitCode.DATA_WRONG,
          "data was wrong: "
              + result.value("written")
              + " bytes were written and "
              + result.value("verified")
              + " read back");
    }
  }
}
