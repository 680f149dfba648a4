package dev.virtio4j.cli.demo;

import dev.virtio4j.cli.command.CliContext;
import java.util.Locale;

/**
 * Tells what is going on: on a terminal in one line that is written over, elsewhere in a line for
 * each step. From any thread.
 */
final class Progress {
  private static final String CLEAR = "\r\u001b[K";

  private final CliContext context;
  private final long started = System.nanoTime();
  private String last = "";

  Progress(CliContext context) {
    this.context = context;
  }

  /** A step has begun. */
  synchronized void step(String what) {
    show(what, "");
  }

  /** A step goes on. */
  synchronized void step(String what, long done, long total) {
    show(what, total > 0 ? String.format(Locale.ROOT, " %d %%", 100 * done / total) : "");
  }

  private void show(String what, String share) {
    if (context.terminal()) {
      context.err().print(CLEAR + time() + "  " + what + share + " ...");
      context.err().flush();
    } else if (!what.equals(last)) {
      context.err().println(time() + "  " + what);
    }
    last = what;
  }

  /** Nothing is going on any more. */
  synchronized void end() {
    if (context.terminal() && !last.isEmpty()) {
      context.err().print(CLEAR);
      context.err().flush();
    }
    last = "";
  }

  /** Seconds since the start. */
  double seconds() {
    return (System.nanoTime() - started) / 1e9;
  }

  private String time() {
    return String.format(Locale.ROOT, "%5.1f s", seconds());
  }
}
