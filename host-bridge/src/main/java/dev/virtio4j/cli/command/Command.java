package dev.virtio4j.cli.command;

import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * A subcommand. Its options are set up by code: reading annotations costs a start 50 ms.
 *
 * <p>An instance is made for one run.
 */
public abstract class Command implements Callable<Integer> {
  private final CliContext context;
  private final CommandSpec spec;

  /**
   * Makes one.
   *
   * @param context what surrounds it
   * @param name as it is typed
   * @param description one sentence for {@code --help}, then further paragraphs
   */
  protected Command(CliContext context, String name, String... description) {
    this.context = Objects.requireNonNull(context, "context");
    spec = CommandSpec.wrapWithoutInspection(this).name(name);
    spec.usageMessage()
        .description(description)
        .width(100)
        .adjustLineBreaksForWideCJKCharacters(false);
    spec.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("Show this help.").build());
  }

  /**
   * What it takes.
   *
   * @return the specification, to which subclasses add
   */
  public final CommandSpec spec() {
    return spec;
  }

  /**
   * What surrounds it.
   *
   * @return streams and environment
   */
  protected final CliContext context() {
    return context;
  }

  /**
   * Adds an option with a value.
   *
   * @param <T> its type
   * @param name as it is typed, such as {@code --loops}
   * @param label what the value is called in the help
   * @param type its type
   * @param description one sentence
   */
  protected final <T> void option(String name, String label, Class<T> type, String description) {
    spec.addOption(
        OptionSpec.builder(name).paramLabel(label).type(type).description(description).build());
  }

  /**
   * Adds an option without a value.
   *
   * @param name as it is typed
   * @param description one sentence
   */
  protected final void flag(String name, String description) {
    spec.addOption(OptionSpec.builder(name).description(description).build());
  }

  /**
   * The value of an option.
   *
   * @param <T> its type
   * @param name as it is typed
   * @param type what it was added with
   * @return null if it is not there
   */
  protected final <T> T value(String name, Class<T> type) {
    ParseResult result = spec.commandLine().getParseResult();
    return type.cast(result.matchedOptionValue(name, null));
  }

  /**
   * Tells whether a flag is there.
   *
   * @param name as it is typed
   * @return true if so
   */
  protected final boolean given(String name) {
    return spec.commandLine().getParseResult().hasMatchedOption(name);
  }

  /**
   * Runs it.
   *
   * @return one of {@link ExitCode}
   * @throws Exception a {@link CliException} for what the user or the host did, others are faults
   *     of the program
   */
  @Override
  public abstract Integer call() throws Exception;
}
