package dev.virtio4j.cli.control;

import com.fasterxml.jackson.databind.JsonNode;
import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.command.Units;
import java.io.IOException;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/** {@code virtio resize}. */
public final class ResizeCommand extends ControlCommand {
  /**
   * Makes one.
   *
   * @param context what surrounds it
   */
  public ResizeCommand(CliContext context) {
    super(context, "resize", "Grow a disk of a running server; the guest sees it at once.");
    spec()
        .addPositional(
            PositionalParamSpec.builder()
                .index("0")
                .paramLabel("DEVICE")
                .type(String.class)
                .arity("1")
                .description("The device's name, as 'virtio stats' shows it.")
                .build())
        .addPositional(
            PositionalParamSpec.builder()
                .index("1")
                .paramLabel("SIZE")
                .type(String.class)
                .arity("1")
                .description("The new size: bytes, or with K, M, G, T.")
                .build());
  }

  @Override
  public Integer call() throws IOException {
    String device = spec().commandLine().getParseResult().matchedPositionalValue(0, "");
    String text = spec().commandLine().getParseResult().matchedPositionalValue(1, "");
    long size;
    try {
      size = Units.parseSize(text);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec().commandLine(), wrong.getMessage(), wrong);
    }
    try (ControlClient client = connect()) {
      JsonNode result =
          client.ask(client.request("resize").put("device", device).put("size", size));
      context().out().println("resized " + device + " size=" + result.path("size").longValue());
    }
    return ExitCode.DONE;
  }
}
