package dev.virtio4j.vhostuser.session;

import java.lang.System.Logger.Level;

/**
 * The log of one export. Front-ends cause its lines, so that there are only so many of them in a
 * while; the next line tells how many were left out.
 */
public final class SessionLog {
  private static final System.Logger LOGGER = System.getLogger("dev.virtio4j.vhostuser");
  private static final int LINES = 10;
  private static final long WHILE_NANOS = 10_000_000_000L;

  private final String name;
  private long since = System.nanoTime() - WHILE_NANOS;
  private int lines;
  private long leftOut;

  /**
   * Makes a log.
   *
   * @param name of the export, which begins each line
   */
  public SessionLog(String name) {
    this.name = name;
  }

  /**
   * Logs what a front-end did wrong. From any thread.
   *
   * @param text a sentence
   */
  public void warn(String text) {
    log(Level.WARNING, text, null);
  }

  /**
   * Logs what went wrong here, which a front-end may cause time and again. From any thread.
   *
   * @param text a sentence
   * @param cause what was thrown
   */
  public void error(String text, Throwable cause) {
    log(Level.ERROR, text, cause);
  }

  private void log(Level level, String text, Throwable cause) {
    long before;
    synchronized (this) {
      long now = System.nanoTime();
      if (now - since >= WHILE_NANOS) {
        since = now;
        lines = 0;
      }
      if (lines >= LINES) {
        leftOut++;
        return;
      }
      lines++;
      before = leftOut;
      leftOut = 0;
    }
    String line =
        before == 0
            ? name + ": " + text
            : "%s: %s (%d lines before this were left out)".formatted(name, text, before);
    LOGGER.log(level, line, cause);
  }

  /**
   * Logs what is of use when one looks for a fault.
   *
   * @param text a sentence
   */
  public void debug(String text) {
    LOGGER.log(Level.DEBUG, () -> name + ": " + text);
  }
}
