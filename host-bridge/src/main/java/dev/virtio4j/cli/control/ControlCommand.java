package dev.virtio4j.cli.control;

import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.Command;
import dev.virtio4j.cli.command.ExitCode;
import java.io.IOException;
import java.nio.file.Path;

/** A command that asks a running server. */
abstract class ControlCommand extends Command {
  ControlCommand(CliContext context, String name, String... description) {
    super(context, name, description);
    option("--control", "PATH", Path.class, "The server's control socket.");
    option(
        "--pid",
        "N",
        Long.class,
        "The server's process. Without either, the one server of this user.");
  }

  /** Connects to the server that was chosen. */
  final ControlClient connect() throws IOException {
    Path path = value("--control", Path.class);
    Long pid = value("--pid", Long.class);
    if (path != null && pid != null) {
      throw new CliException(ExitCode.USAGE, "--control and --pid choose twice; give one");
    }
    if (path == null) {
      ControlPaths paths = new ControlPaths(context().environment());
      path = pid == null ? paths.onlyServer() : paths.socket(pid);
    }
    return ControlClient.connect(path);
  }
}
