package dev.virtio4j.cli;

import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.Command;
import dev.virtio4j.cli.command.ExitCode;
import picocli.AutoComplete;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/** {@code virtio completion bash|zsh}. */
final class CompletionCommand extends Command {
  CompletionCommand(CliContext context) {
    super(
        context,
        "completion",
        "Print a completion script for bash or zsh.",
        "Use it with: source <(virtio completion bash)");
    spec()
        .addPositional(
            PositionalParamSpec.builder()
                .paramLabel("bash|zsh")
                .type(String.class)
                .arity("0..1")
                .description("The shell.")
                .build());
  }

  @Override
  public Integer call() {
    String shell = spec().commandLine().getParseResult().matchedPositionalValue(0, "");
    if (!shell.equals("bash") && !shell.equals("zsh")) {
      throw new ParameterException(
          spec().commandLine(),
          (shell.isEmpty() ? "no shell is named" : "no completion for '" + shell + "'")
              + "; there is bash and zsh");
    }
    // One script serves both: it loads bashcompinit where it runs in zsh.
    context().out().print(AutoComplete.bash("virtio", new RootCommand(context()).line("*")));
    return ExitCode.DONE;
  }
}
