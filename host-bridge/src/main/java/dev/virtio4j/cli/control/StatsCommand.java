package dev.virtio4j.cli.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.ExitCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ParameterException;

/** {@code virtio stats}. */
public final class StatsCommand extends ControlCommand {
  private static final int LONGEST_WATCH = 86_400;

  /**
   * Makes one.
   *
   * @param context what surrounds it
   */
  public StatsCommand(CliContext context) {
    super(context, "stats", "Show the figures of a running server.");
    flag("--json", "Print JSON, one object a line.");
    flag("--prometheus", "Print Prometheus text.");
    option("--watch", "SECS", Integer.class, "Print them again and again, so many seconds apart.");
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    boolean json = given("--json");
    boolean prometheus = given("--prometheus");
    if (json && prometheus) {
      throw new ParameterException(
          spec().commandLine(), "--json and --prometheus are two formats; give one");
    }
    Integer watch = value("--watch", Integer.class);
    if (watch != null && (watch < 1 || watch > LONGEST_WATCH)) {
      throw new ParameterException(
          spec().commandLine(), "--watch is from 1 to " + LONGEST_WATCH + " seconds, not " + watch);
    }
    try (ControlClient client = connect()) {
      while (true) {
        JsonNode result = client.ask(client.request("stats"));
        if (json) {
          context().out().println(new ObjectMapper().writeValueAsString(result));
        } else {
          List<DeviceStats> devices = new ArrayList<>();
          result.path("devices").forEach(device -> devices.add(DeviceStats.read(device)));
          if (watch != null && context().terminal()) {
            context().out().print("\033[H\033[2J");
          }
          context()
              .out()
              .print(prometheus ? PrometheusText.render(devices) : StatsTable.render(devices));
        }
        context().out().flush();
        if (watch == null || context().out().checkError()) {
          return ExitCode.DONE;
        }
        Thread.sleep(watch * 1000L);
      }
    }
  }
}
