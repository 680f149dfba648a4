package dev.virtio4j.cli.serve;

import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.Command;
import dev.virtio4j.cli.command.ExitCode;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code virtio serve}. */
public final class ServeCommand extends Command {
  /**
   * Makes one.
   *
   * @param context what surrounds it
   */
  public ServeCommand(CliContext context) {
    super(
        context,
        "serve",
        "Serve devices to virtual machines over vhost-user.",
        "",
        "A SPEC is a device's name and its keys: blk,socket=/run/a.sock,image=disk.img,queues=4."
            + " A comma in a value is written twice.",
        "Every device takes socket=PATH, or fd=N for a listening socket that the parent opened"
            + " (fd=NAME for one of systemd's; without either they are taken in order);"
            + " name=NAME; inband=on|off; loop=NAME, which devices that share a loop give.");
    spec()
        .addPositional(
            PositionalParamSpec.builder()
                .paramLabel("SPEC")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("0..*")
                .description("A device to serve.")
                .build());
    option("--config", "FILE", Path.class, "Devices and options as JSON.");
    option(
        "--loops",
        "N",
        Integer.class,
        "How many threads do the work (default: the smaller of processors and queues).");
    option(
        "--poll-us",
        "N",
        Integer.class,
        "Microseconds that a thread looks on for more before it sleeps; 0 for none.");
    option(
        "--log-level", "LEVEL", String.class, "off, error, warn, info (default), debug or trace.");
    option(
        "--metrics",
        "WHERE",
        String.class,
        "Prometheus text over HTTP on 127.0.0.1:PORT or unix:PATH.");
    option(
        "--control",
        "PATH",
        String.class,
        "Where 'virtio stats' and 'virtio resize' ask (default: $XDG_RUNTIME_DIR/virtio4j/PID.sock,"
            + " else /tmp/virtio4j-UID/PID.sock).");
    flag("--help-devices", "Show the keys that each device takes.");
  }

  @Override
  public Integer call() throws InterruptedException {
    if (given("--help-devices")) {
      context().out().print(DeviceHelp.render(Serving.providers().values()));
      return ExitCode.DONE;
    }
    ServeArguments arguments =
        new ServeArguments(
            spec().commandLine().getParseResult().matchedPositionalValue(0, List.of()),
            value("--config", Path.class),
            value("--loops", Integer.class),
            value("--poll-us", Integer.class),
            value("--log-level", String.class),
            value("--metrics", String.class),
            value("--control", String.class));
    return new Serving(context(), arguments).run();
  }
}
