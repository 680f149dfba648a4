package dev.virtio4j.cli.doctor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.Command;
import dev.virtio4j.cli.command.ExitCode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** {@code virtio doctor}. */
public final class DoctorCommand extends Command {
  /** The one check without which nothing can be served. */
  private static final String NEEDED = "system";

  /**
   * Makes one.
   *
   * @param context what surrounds it
   */
  public DoctorCommand(CliContext context) {
    super(
        context,
        "doctor",
        "Show what this host offers, what each thing is for, and how to get it.",
        "Exits with 3 if not even 'virtio serve' can work here; all else is optional.");
    flag("--json", "Print JSON.");
  }

  @Override
  public Integer call() throws IOException {
    List<Check> checks = new HostChecks(context().environment()).run();
    if (given("--json")) {
      json(checks);
    } else {
      table(checks);
    }
    boolean serves =
        checks.stream().noneMatch(c -> c.id().equals(NEEDED) && c.state() == Check.State.MISSING);
    return serves ? ExitCode.DONE : ExitCode.HOST_LACKS;
  }

  private void table(List<Check> checks) {
    int width = checks.stream().mapToInt(check -> check.id().length()).max().orElse(0);
    StringBuilder text = new StringBuilder();
    for (Check check : checks) {
      String mark =
          switch (check.state()) {
            case OK -> "ok     ";
            case LIMITED -> "limited";
            case MISSING -> "missing";
          };
      String indent = "\n" + " ".repeat(mark.length() + width + 4);
      text.append(mark)
          .append("  ")
          .append(check.id())
          .append(" ".repeat(width - check.id().length() + 2))
          .append(check.found())
          .append(indent)
          .append("for: ")
          .append(check.purpose());
      if (!check.remedy().isEmpty()) {
        text.append(indent).append("get it: ").append(check.remedy());
      }
      text.append('\n');
    }
    context().out().print(text);
  }

  private void json(List<Check> checks) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    for (Check check : checks) {
      root.withArray("checks")
          .addObject()
          .put("id", check.id())
          .put("state", check.state().name().toLowerCase(Locale.ROOT))
          .put("found", check.found())
          .put("purpose", check.purpose())
          .put("remedy", check.remedy());
    }
    context().out().println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root));
  }
}
