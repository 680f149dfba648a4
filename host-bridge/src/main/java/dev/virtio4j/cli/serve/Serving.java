package dev.virtio4j.cli.serve;

import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.command.NativeCode;
import dev.virtio4j.cli.command.Suggestions;
import dev.virtio4j.cli.control.ControlPaths;
import dev.virtio4j.cli.log.CliLoggerFinder;
import dev.virtio4j.cli.log.NettyLogging;
import dev.virtio4j.cli.spec.ConfigFile;
import dev.virtio4j.cli.spec.DeviceDraft;
import dev.virtio4j.cli.spec.DeviceRequest;
import dev.virtio4j.cli.spec.RequestResolver;
import dev.virtio4j.cli.spec.ServeConfig;
import dev.virtio4j.cli.spec.ServeLimits;
import dev.virtio4j.cli.spec.Setting;
import dev.virtio4j.cli.spec.SocketActivation;
import dev.virtio4j.cli.spec.SpecParser;
import dev.virtio4j.device.VirtioDeviceProvider;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** {@code virtio serve} once its arguments are read. Knows no picocli, which is slow to load. */
public final class Serving {
  private static final List<String> LEVELS =
      List.of("off", "error", "warn", "info", "debug", "trace");

  /** How long a signal waits for a start that is under way. */
  private static final int START_SECONDS = 10;

  private final CliContext context;
  private final ServeArguments arguments;

  /**
   * Makes one.
   *
   * @param context what surrounds it
   * @param arguments what was asked for
   */
  public Serving(CliContext context, ServeArguments arguments) {
    this.context = context;
    this.arguments = arguments;
  }

  /**
   * Serves until a signal ends the process.
   *
   * @return an exit code, if ever
   * @throws InterruptedException if the thread is interrupted
   * @throws CliException if it cannot start; nothing is left then
   */
  public int run() throws InterruptedException {
    NativeCode.require(System.getProperty("os.name"), Signals::load);
    CompletableFuture<DeviceServer> server = new CompletableFuture<>();
    // Before the start: a signal during it is to leave nothing behind either.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(server), "virtio-shutdown"));
    try {
      DeviceServer started = start();
      announce(started);
      server.complete(started);
    } finally {
      server.cancel(false);
    }
    new CountDownLatch(1).await();
    return ExitCode.DONE;
  }

  /**
   * Starts, and ends at once.
   *
   * @throws CliException if it cannot start
   */
  public void runBriefly() {
    try (DeviceServer server = start()) {
      announce(server);
    }
  }

  /**
   * The device types that there are.
   *
   * @return by name
   */
  static Map<String, VirtioDeviceProvider> providers() {
    Map<String, VirtioDeviceProvider> providers = new TreeMap<>();
    ServiceLoader.load(VirtioDeviceProvider.class).forEach(p -> providers.put(p.name(), p));
    return providers;
  }

  private DeviceServer start() {
    List<String> problems = new ArrayList<>();
    ServeConfig config =
        arguments.config() == null
            ? ServeConfig.NONE
            : ConfigFile.read(arguments.config(), problems);
    setLogLevel(config, problems);
    NettyLogging.install();
    List<DeviceDraft> drafts = new ArrayList<>();
    for (String text : arguments.specs()) {
      DeviceDraft draft = SpecParser.parse(text, problems);
      if (draft != null) {
        drafts.add(draft);
      }
    }
    drafts.addAll(config.devices());
    if (drafts.isEmpty() && problems.isEmpty()) {
      throw new CliException(
          ExitCode.USAGE,
          "no device to serve; write a SPEC, such as blk,socket=/run/a.sock,image=disk.img"
              + " (see 'virtio serve --help')");
    }
    SocketActivation activation =
        SocketActivation.of(context.environment(), ProcessHandle.current().pid());
    List<DeviceRequest> requests =
        new RequestResolver(providers(), activation, problems).resolve(drafts);
    ServeOptions options = options(config, problems);
    if (!problems.isEmpty()) {
      throw new CliException(ExitCode.USAGE, String.join("\n", problems));
    }
    return DeviceServer.start(requests, options);
  }

  private ServeOptions options(ServeConfig config, List<String> problems) {
    int loops =
        number("--loops", 1, ServeLimits.MAX_LOOPS, arguments.loops(), config.loops(), 0, problems);
    int poll =
        number(
            "--poll-us",
            0,
            ServeLimits.MAX_POLL_MICROS,
            arguments.pollMicros(),
            config.pollMicros(),
            -1,
            problems);
    Setting metrics = Setting.choose("--metrics", arguments.metrics(), config.metrics());
    Setting control = Setting.choose("--control", arguments.control(), config.control());
    return new ServeOptions(
        loops,
        poll,
        read(metrics, MetricsEndpoint::parse, problems),
        read(control, Serving::path, problems));
  }

  private static int number(
      String option,
      int least,
      int most,
      Integer given,
      Integer fromFile,
      int otherwise,
      List<String> problems) {
    if (given == null) {
      return fromFile == null ? otherwise : fromFile;
    }
    if (given < least || given > most) {
      problems.add(option + " is from " + least + " to " + most + ", not " + given);
    }
    return given;
  }

  private static <T> T read(Setting setting, Function<String, T> reader, List<String> problems) {
    try {
      return setting == null ? null : reader.apply(setting.text());
    } catch (IllegalArgumentException wrong) {
      problems.add(setting.problem(wrong.getMessage()));
      return null;
    }
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException wrong) {
      throw new IllegalArgumentException("is no path: " + wrong.getReason(), wrong);
    }
  }

  private void setLogLevel(ServeConfig config, List<String> problems) {
    Setting level = Setting.choose("--log-level", arguments.logLevel(), config.logLevel());
    if (level != null && !LEVELS.contains(level.text())) {
      problems.add(
          level.problem(
              "is "
                  + String.join(", ", LEVELS)
                  + ", not '"
                  + level.text()
                  + "'"
                  + Suggestions.didYouMean(level.text(), LEVELS)));
      level = null;
    }
    System.setProperty(CliLoggerFinder.LEVEL_PROPERTY, level == null ? "info" : level.text());
  }

  private void announce(DeviceServer server) {
    // Who has read that it listens may ask it for its figures.
    if (!server.hasControl()) {
      startDefaultControl(server);
    }
    for (ExportedDevice device : server.devices()) {
      context.out().println(device.announcement());
    }
    if (server.metrics() != null) {
      context.err().println("metrics on " + server.metrics().address());
    }
    context.out().flush();
  }

  /** Where the user has not asked for it, its want is a warning. */
  private void startDefaultControl(DeviceServer server) {
    try {
      ControlPaths paths = new ControlPaths(context.environment());
      paths.makeFolder();
      server.startControl(paths.socket(ProcessHandle.current().pid()));
    } catch (IOException | IllegalArgumentException notMine) {
      context
          .err()
          .println(
              "virtio: no control socket, so no 'virtio stats': "
                  + notMine.getMessage()
                  + "; give --control PATH");
    }
  }

  /** Runs when the process is about to exit, by a signal or because the start has failed. */
  private static void end(CompletableFuture<DeviceServer> server) {
    Signals.endAtOnce();
    int status = ExitCode.DONE;
    try {
      if (!server.get(START_SECONDS, TimeUnit.SECONDS).end()) {
        System.err.println(
            "virtio: ended with requests unfinished or an image not synced: what the guests wrote"
                + " last may be lost");
        status = ExitCode.FAILED;
      }
    } catch (CancellationException neverStarted) {
      return;
    } catch (InterruptedException
        | ExecutionException
        | TimeoutException
        | RuntimeException failed) {
      System.err.println("virtio: could not end in order: " + failed);
      status = ExitCode.FAILED;
    }
    CliLoggerFinder.flush();
    // What a signal asked for is no failure; exit would wait for this hook.
    Runtime.getRuntime().halt(status);
  }
}
