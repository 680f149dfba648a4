package dev.virtio4j.cli.bench;

import dev.virtio4j.cli.command.CliContext;
import java.util.Locale;

/** One line on a terminal that is written over; nothing where there is no terminal. */
final class ProgressLine {
  private static final String CLEAR = "\r\u001b[K";

  private final CliContext context;
  private boolean shown;

  ProgressLine(CliContext context) {
    this.context = context;
  }

  void show(String what, double share) {
    show(String.format(Locale.ROOT, "%s %3.0f %%", what, 100 * share));
  }

  void show(String text) {
    if (context.terminal()) {
      context.err().print(CLEAR + text);
      context.err().flush();
      shown = true;
    }
  }

  void clear() {
    if (shown) {
      context.err().print(CLEAR);
      context.err().flush();
      shown = false;
    }
  }
}
