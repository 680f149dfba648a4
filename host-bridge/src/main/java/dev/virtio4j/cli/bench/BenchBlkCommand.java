package dev.virtio4j.cli.bench;

import dev.virtio4j.bench.BlkLoad;
import dev.virtio4j.bench.BlkLoadOptions;
import dev.virtio4j.bench.BlkLoadResult;
import dev.virtio4j.bench.LoadException;
import dev.virtio4j.bench.RingOptions;
import dev.virtio4j.bench.Workload;
import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.Command;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.command.Units;
import dev.virtio4j.vhostuser.client.BackEndException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ParameterException;

/** {@code virtio bench blk}: loads a block back-end. */
final class BenchBlkCommand extends Command {
  private static final double NANOS = 1e9;

  BenchBlkCommand(CliContext context) {
    super(
        context,
        "blk",
        "Load any vhost-user block back-end over its socket, as a guest's driver does, and measure it.",
        "The disk is only written to by a --rw that writes; what was on it is lost then.",
        "Exits with 4 if data was wrong, and with 1 if a request failed.");
    option("--socket", "PATH", String.class, "The back-end's Unix socket.");
    option(
        "--rw",
        "KIND",
        String.class,
        "randread (the default), randwrite, read, write, randrw, or verify: write a pattern over "
            + "the span, flush, read it back and compare.");
    option("--bs", "SIZE", String.class, "Bytes of a request, such as 4k (the default) or 128k.");
    option("--qd", "N", Integer.class, "Requests in flight on each queue; 32.");
    option("--secs", "S", Double.class, "How long to measure; 5.");
    option("--warmup", "S", Double.class, "How long to run before that; 0.5.");
    flag("--irq", "Sleep until the back-end's interrupt, as a guest does; else poll.");
    flag("--packed", "Use packed rings.");
    flag("--event-idx", "Negotiate EVENT_IDX.");
    flag("--no-event-idx", "Do not negotiate EVENT_IDX; the default.");
    flag("--indirect", "Negotiate INDIRECT_DESC and put each request in a table of its own.");
    option("--queues", "N", Integer.class, "How many queues, all driven by one thread; 1.");
    option("--ring", "N", Integer.class, "Entries of each ring; 256, or more for the depth.");
    option("--span", "SIZE", String.class, "Use only so much from the disk's start; 0 for all.");
    option("--flush-every", "N", Integer.class, "Flush after each N writes; 0 for never.");
    flag(
        "--verify",
        "Compare data with the pattern of the seed: what the load itself wrote, after it; of "
            + "loads that only read, what an earlier verify of the same seed left.");
    flag("--inflight", "Have the back-end track what is in flight, as for a restart.");
    flag("--dirty-log", "Have the back-end mark what it writes, as in a migration.");
    option("--seed", "N", Long.class, "What positions and the pattern are made from; 1.");
    flag("--json", "Print one JSON object instead of a table.");
  }

  @Override
  public Integer call() {
    BlkLoadOptions options = options();
    ProgressLine progress = new ProgressLine(context());
    BlkLoadResult result;
    try {
      result = BlkLoad.run(options, progress::show);
    } catch (LoadException e) {
      throw new CliException(ExitCode.USAGE, e.getMessage(), e);
    } catch (BackEndException e) {
      throw new CliException(ExitCode.FAILED, e.getMessage(), e);
    } finally {
      progress.clear();
    }
    context().out().print(given("--json") ? result.toJson() + "\n" : result.toTable());
    if (result.bad() != 0) {
      return ExitCode.DATA_WRONG;
    }
    return result.errors() != 0 ? ExitCode.FAILED : ExitCode.DONE;
  }

  private BlkLoadOptions options() {
    String socket = value("--socket", String.class);
    if (socket == null) {
      throw wrong("--socket is missing: the path of the back-end's Unix socket");
    }
    if (given("--event-idx") && given("--no-event-idx")) {
      throw wrong("--event-idx and --no-event-idx contradict each other");
    }
    try {
      return new BlkLoadOptions(
          Path.of(socket),
          workload(),
          blockSize(),
          or("--qd", Integer.class, 32),
          new RingOptions(
              or("--queues", Integer.class, 1),
              ring(),
              given("--packed"),
              given("--event-idx"),
              given("--indirect")),
          given("--irq"),
          seconds("--secs", 5),
          seconds("--warmup", 0.5),
          size("--span", "0"),
          or("--flush-every", Integer.class, 0),
          given("--verify"),
          given("--inflight"),
          given("--dirty-log"),
          or("--seed", Long.class, 1L));
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage());
    }
  }

  private Workload workload() {
    String text = or("--rw", String.class, Workload.RANDREAD.label());
    return Arrays.stream(Workload.values())
        .filter(workload -> workload.label().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--rw is '%s'; it may be %s"
                        .formatted(
                            text,
                            Arrays.stream(Workload.values())
                                .map(Workload::label)
                                .collect(Collectors.joining(", ")))));
  }

  private int blockSize() {
    return (int) Math.min(size("--bs", "4k"), Integer.MAX_VALUE);
  }

  /** The ring's size; one given as 0 is refused, which stands for "choose" further down. */
  private int ring() {
    Integer ring = value("--ring", Integer.class);
    if (ring == null) {
      return 0;
    }
    return ring == 0 ? -1 : ring;
  }

  private long size(String name, String otherwise) {
    try {
      return Units.parseSize(or(name, String.class, otherwise));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
  }

  private Duration seconds(String name, double otherwise) {
    double seconds = or(name, Double.class, otherwise);
    if (Double.isNaN(seconds)) {
      throw new IllegalArgumentException(name + " is not a number");
    }
    return Duration.ofNanos((long) Math.max(Math.min(seconds, 1e6) * NANOS, -1));
  }

  private <T> T or(String name, Class<T> type, T otherwise) {
    T value = value(name, type);
    return value == null ? otherwise : value;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec().commandLine(), message);
  }
}
