package dev.virtio4j.cli.bench;

import dev.virtio4j.bench.compare.CompareOptions;
import dev.virtio4j.bench.compare.CompareReport;
import dev.virtio4j.bench.compare.Comparison;
import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.Command;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.command.ExitHook;
import dev.virtio4j.cli.command.Units;
import dev.virtio4j.vhostuser.client.BackEndException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.ParameterException;

/** {@code virtio bench compare}: what {@code host-bridge/bench/compare} runs. */
final class BenchCompareCommand extends Command {
  private static final String STORAGE_DAEMON = "qemu-storage-daemon";

  private static final Path DISK_FOLDER = Path.of("/var/tmp");

  /** File systems on which O_DIRECT means nothing, or that only look like a disk. */
  private static final Set<String> NO_DISKS = Set.of("tmpfs", "ramfs", "overlay");

  BenchCompareCommand(CliContext context) {
    super(
        context,
        "compare",
        "Measure this server against qemu-storage-daemon and print the ratios with their goals.",
        "Both serve images of their own in memory and are driven in turn by one client. Start it "
            + "with host-bridge/bench/compare on a quiet machine; it takes some minutes.");
    spec().usageMessage().hidden(true);
    option("--pairs", "N", Integer.class, "Rounds that count, each a run of both sides; 7.");
    option("--secs", "S", Double.class, "How long each load runs; 2.");
    option("--size", "SIZE", String.class, "Size of an image; 1G.");
    option("--dir", "DIR", String.class, "Where images go, in memory; /dev/shm.");
    option(
        "--disk-dir",
        "DIR",
        String.class,
        "On a real disk, for O_DIRECT; /var/tmp if that is one; none leaves it out.");
    option("--client", "PROGRAM", String.class, "An external client with the same options.");
    option("--only", "TEXT", String.class, "Only rows whose name has this text in it.");
    option("--spec", "KEY=VALUE,...", String.class, "Added to the SPEC of this server.");
    option("--virtio", "PROGRAM", String.class, "The launcher of this server.");
    option("--storage-daemon", "PROGRAM", String.class, "qemu-storage-daemon; else on the PATH.");
    option("--limit-source", "FILE", String.class, "The C source of the limit.");
    flag("--itself", "Hold qemu-storage-daemon against itself, to see what chance does.");
    flag("--check", "Exit with 1 if a ratio misses its goal.");
    flag("--json", "Print one JSON object instead of a table.");
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    CompareOptions options = options();
    ProgressLine progress = new ProgressLine(context());
    CompareReport report;
    Comparison comparison = comparison(options, progress);
    ExitHook hook = new ExitHook("virtio-compare-clean-up", () -> close(comparison));
    try {
      report = comparison.run();
    } catch (BackEndException e) {
      throw new CliException(ExitCode.FAILED, e.getMessage(), e);
    } finally {
      hook.takeBack();
      progress.clear();
      close(comparison);
    }
    context()
        .out()
        .print(given("--json") ? report.toJson().toPrettyString() + "\n" : report.toTable());
    return given("--check") && !report.goalsMet() ? ExitCode.FAILED : ExitCode.DONE;
  }

  private Comparison comparison(CompareOptions options, ProgressLine progress) {
    try {
      return new Comparison(options, progress::show);
    } catch (IllegalArgumentException wrong) {
      throw wrong(wrong.getMessage());
    }
  }

  private static void close(Comparison comparison) {
    try {
      comparison.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private CompareOptions options() {
    String spec = or("--spec", "");
    return new CompareOptions(
        given("--itself") ? null : virtio(),
        Arrays.stream(spec.split(",")).filter(part -> !part.isEmpty()).toList(),
        storageDaemon(),
        path("--client"),
        path("--limit-source"),
        Path.of(or("--dir", "/dev/shm")),
        diskFolder(),
        size(),
        positive("--pairs", value("--pairs", Integer.class), 7).intValue(),
        positive("--secs", value("--secs", Double.class), 2).doubleValue(),
        or("--only", ""));
  }

  /** Where the uncached part runs; null for nowhere. */
  private Path diskFolder() {
    String named = value("--disk-dir", String.class);
    if (named != null) {
      return named.equals("none") ? null : Path.of(named).toAbsolutePath();
    }
    try {
      boolean disk = !NO_DISKS.contains(Files.getFileStore(DISK_FOLDER).type());
      return disk ? DISK_FOLDER : null;
    } catch (IOException absent) {
      return null;
    }
  }

  private Path virtio() {
    Path virtio = path("--virtio");
    if (virtio == null) {
      throw wrong("--virtio is missing; start this with host-bridge/bench/compare");
    }
    return virtio;
  }

  private Path storageDaemon() {
    Path given = path("--storage-daemon");
    if (given != null) {
      return given;
    }
    List<String> folders =
        List.of(
            Objects.toString(context().environment().get("PATH"), "").split(File.pathSeparator));
    return Stream.concat(folders.stream(), Stream.of("/usr/bin", "/usr/libexec"))
        .map(folder -> Path.of(folder, STORAGE_DAEMON))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new CliException(
                    ExitCode.HOST_LACKS,
                    "there is no qemu-storage-daemon to compare with; on Debian and Ubuntu: "
                        + "apt-get install qemu-system-common qemu-utils"));
  }

  private long size() {
    try {
      long size = Units.parseSize(or("--size", "1G"));
      if (size < 16 << 20 || size % 4096 != 0) {
        throw wrong("--size is %d; it may be a multiple of 4096 from 16M on".formatted(size));
      }
      return size;
    } catch (IllegalArgumentException e) {
      throw wrong("--size: " + e.getMessage());
    }
  }

  private <T extends Number> Number positive(String name, T value, Number otherwise) {
    if (value == null) {
      return otherwise;
    }
    if (!(value.doubleValue() > 0)) {
      throw wrong("%s is %s; it may be more than 0".formatted(name, value));
    }
    return value;
  }

  private Path path(String name) {
    String text = value(name, String.class);
    return text == null ? null : Path.of(text).toAbsolutePath();
  }

  private String or(String name, String otherwise) {
    String value = value(name, String.class);
    return value == null ? otherwise : value;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec().commandLine(), message);
  }
}
