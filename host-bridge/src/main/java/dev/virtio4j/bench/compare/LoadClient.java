package dev.virtio4j.bench.compare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtio4j.bench.BlkLoad;
import dev.virtio4j.bench.BlkLoadOptions;
import dev.virtio4j.bench.BlkLoadResult;
import dev.virtio4j.bench.RingOptions;
import dev.virtio4j.bench.compare.Trial.Load;
import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What drives a back-end: this project's client, or a program that takes the same options. */
sealed interface LoadClient {
  /**
   * Runs a load.
   *
   * @param socket the back-end's socket
   * @param load what to do
   * @param seconds for how long
   * @return what it yielded
   */
  Yield run(Path socket, Load load, double seconds) throws IOException, InterruptedException;

  /**
   * What a load yielded.
   *
   * @param iops requests a second
   * @param mebibytes MiB a second
   * @param p50 in microseconds
   * @param p99 in microseconds
   * @param requests all that were made, also while it warmed up
   */
  record Yield(double iops, double mebibytes, double p50, double p99, long requests) {}

  /** This project's client, in this process. */
  record BuiltIn() implements LoadClient {
    private static final Duration WARMUP = Duration.ofMillis(200);

    @Override
    public Yield run(Path socket, Load load, double seconds) {
      BlkLoadOptions options =
          new BlkLoadOptions(
              socket,
              load.workload(),
              load.blockSize(),
              load.depth(),
              new RingOptions(1, 0, false, load.eventIdx(), false),
              load.irq(),
              Duration.ofNanos((long) (seconds * 1e9)),
              WARMUP,
              0,
              0,
              false,
              load.inflight(),
              load.dirtyLog(),
              1);
      BlkLoadResult result = BlkLoad.run(options, (what, share) -> {});
      if (result.errors() != 0) {
        throw new CliException(
            ExitCode.FAILED,
            "%d requests of %s on %s failed".formatted(result.errors(), load, socket));
      }
      return new Yield(
          result.iops(),
          result.mebibytes(),
          result.latency().p50(),
          result.latency().p99(),
          result.allRequests());
    }
  }

  /**
   * A program that takes the same options and prints one JSON object.
   *
   * @param program where it is
   */
  record External(Path program) implements LoadClient {
    @Override
    public Yield run(Path socket, Load load, double seconds)
        throws IOException, InterruptedException {
      List<String> command =
          new ArrayList<>(
              List.of(
                  program.toString(),
                  "--socket",
                  socket.toString(),
                  "--rw",
                  load.workload().label(),
                  "--bs",
                  Integer.toString(load.blockSize()),
                  "--qd",
                  Integer.toString(load.depth()),
                  "--secs",
                  Double.toString(seconds)));
      if (load.irq()) {
        command.add("--irq");
      }
      if (load.eventIdx()) {
        command.add("--event-idx");
      }
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new CliException(
            ExitCode.FAILED, "%s failed: %s".formatted(String.join(" ", command), said.strip()));
      }
      JsonNode json = new ObjectMapper().readTree(said);
      return new Yield(
          json.path("iops").asDouble(Double.NaN),
          json.path("mib_s").asDouble(Double.NaN),
          json.path("p50_us").asDouble(Double.NaN),
          json.path("p99_us").asDouble(Double.NaN),
          json.path("requests").asLong());
    }
  }
}
