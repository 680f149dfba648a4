package dev.virtio4j.cli.bench;

import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.Command;
import picocli.CommandLine.ParameterException;

/** {@code virtio bench}: names the kinds of load. */
public final class BenchCommand extends Command {
  /**
   * Makes it, with its subcommands.
   *
   * @param context what surrounds it
   */
  public BenchCommand(CliContext context) {
    super(context, "bench", "Load, measure and verify a vhost-user back-end.");
    spec().usageMessage().synopsisSubcommandLabel("KIND").commandListHeading("%nKinds:%n");
    spec().addSubcommand("blk", new BenchBlkCommand(context).spec());
    spec().addSubcommand("compare", new BenchCompareCommand(context).spec());
  }

  @Override
  public Integer call() {
    throw new ParameterException(
        spec().commandLine(), "what to load is missing; for a disk: virtio bench blk");
  }
}
