package dev.virtio4j.cli;

import dev.virtio4j.cli.bench.BenchCommand;
import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.control.ResizeCommand;
import dev.virtio4j.cli.control.StatsCommand;
import dev.virtio4j.cli.demo.DemoCommand;
import dev.virtio4j.cli.doctor.DoctorCommand;
import dev.virtio4j.cli.serve.ServeCommand;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A subcommand before its classes are loaded.
 *
 * @param name as it is typed
 * @param summary one line for the root's help
 * @param maker loads and makes it
 */
record Subcommand(String name, String summary, Function<CliContext, CommandSpec> maker) {
  /** All, in the order of the help. */
  static final List<Subcommand> ALL =
      List.of(
          new Subcommand(
              "demo",
              "Boot a Linux guest on a disk of this JVM, and check every byte.",
              context -> new DemoCommand(context).spec()),
          new Subcommand(
              "serve",
              "Serve devices to virtual machines over vhost-user.",
              context -> new ServeCommand(context).spec()),
          new Subcommand(
              "stats",
              "Show the figures of a running server.",
              context -> new StatsCommand(context).spec()),
          new Subcommand(
              "resize",
              "Grow a disk of a running server.",
              context -> new ResizeCommand(context).spec()),
          new Subcommand(
              "doctor",
              "Show what this host offers, and how to get what it lacks.",
              context -> new DoctorCommand(context).spec()),
          new Subcommand(
              "bench",
              "Load, measure and verify a vhost-user back-end.",
              context -> new BenchCommand(context).spec()),
          new Subcommand(
              "completion",
              "Print a completion script for bash or zsh.",
              context -> new CompletionCommand(context).spec()));

  /** Stands for a subcommand that is not run. */
  CommandSpec stub() {
    CommandSpec spec = CommandSpec.create().name(name);
    spec.usageMessage().description(summary);
    return spec;
  }
}
