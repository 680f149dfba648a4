package dev.virtio4j.cli;

import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.command.Suggestions;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code virtio} itself: finds the subcommand, and says what went wrong in one line. */
final class RootCommand {
  private static final String NAME = "virtio";

  private final CliContext context;

  RootCommand(CliContext context) {
    this.context = context;
  }

  int execute(String... args) {
    boolean verbose = Arrays.asList(args).contains("--verbose");
    CommandLine line = line(first(args));
    line.setParameterExceptionHandler((problem, rejected) -> usage(problem));
    line.setExecutionExceptionHandler((problem, command, result) -> failed(problem, verbose));
    return line.execute(args);
  }

  /** The subcommand that the arguments name; null if they name none. */
  private static String first(String... args) {
    for (String arg : args) {
      if (!arg.startsWith("-")) {
        return arg;
      }
    }
    return null;
  }

  /**
   * The command line.
   *
   * @param wanted the one subcommand to load; {@code "*"} loads all
   */
  CommandLine line(String wanted) {
    CommandSpec root = CommandSpec.create().name(NAME);
    root.versionProvider(new Version());
    root.usageMessage()
        .description("Virtio devices in Java, for QEMU and every other vhost-user front-end.")
        .synopsisSubcommandLabel("COMMAND")
        .commandListHeading("%nCommands:%n")
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(
            new TreeMap<>(
                Map.of(
                    "0", "done",
                    "1", "failed",
                    "2", "the command line or a configuration file is wrong",
                    "3", "the host lacks something",
                    "4", "data was wrong")))
        .width(100);
    root.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("Show this help.").build());
    root.addOption(
        OptionSpec.builder("--version")
            .versionHelp(true)
            .description("Show the version, the JDK and the system.")
            .build());
    root.addOption(
        OptionSpec.builder("--verbose")
            .scopeType(ScopeType.INHERIT)
            .description("Show stack traces.")
            .build());
    for (Subcommand subcommand : Subcommand.ALL) {
      boolean load = subcommand.name().equals(wanted) || "*".equals(wanted);
      root.addSubcommand(
          subcommand.name(), load ? subcommand.maker().apply(context) : subcommand.stub());
    }
    CommandLine line = new CommandLine(root);
    line.setOut(new PrintWriter(context.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(context.err(), true, StandardCharsets.UTF_8));
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    return line;
  }

  private int usage(ParameterException problem) {
    CommandLine where = problem.getCommandLine();
    String command = where.getCommandSpec().qualifiedName();
    String message = problem.getMessage();
    if (problem instanceof UnmatchedArgumentException unmatched) {
      String word = unmatched.getUnmatched().get(0);
      boolean atRoot = where.getParent() == null;
      List<String> known =
          atRoot && !word.startsWith("-")
              ? Subcommand.ALL.stream().map(Subcommand::name).toList()
              : where.getCommandSpec().options().stream().map(OptionSpec::longestName).toList();
      String kind =
          word.startsWith("-") ? "unknown option" : atRoot ? "unknown command" : "unexpected";
      message = kind + " '" + word + "'" + Suggestions.didYouMean(word, known);
    } else if (where.getParent() == null && "Missing required subcommand".equals(message)) {
      message = "a command is missing";
    }
    context.err().println(command + ": " + message);
    context.err().println("Try '" + command + " --help'.");
    return ExitCode.USAGE;
  }

  private int failed(Exception problem, boolean verbose) {
    return failed(context, problem, verbose);
  }

  /** Says what went wrong. */
  static int failed(CliContext context, Exception problem, boolean verbose) {
    int exitCode = ExitCode.FAILED;
    if (problem instanceof CliException expected) {
      exitCode = expected.exitCode();
      expected.getMessage().lines().forEach(line -> context.err().println(NAME + ": " + line));
    } else {
      context
          .err()
          .println(
              NAME
                  + ": internal error: "
                  + problem
                  + (verbose ? "" : "; run again with --verbose for where it happened"));
    }
    if (verbose) {
      problem.printStackTrace(context.err());
    }
    return exitCode;
  }
}
