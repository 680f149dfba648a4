package dev.virtio4j.cli.log;

import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Map;

/**
 * Where the command line's loggers come from. Named as a service on the launcher's class path
 * alone, so that a program that uses the library keeps its own.
 */
public final class CliLoggerFinder extends System.LoggerFinder {
  /** The system property that holds the level; read once, when the first logger is made. */
  public static final String LEVEL_PROPERTY = "virtio4j.log.level";

  private static final Map<String, Level> LEVELS =
      Map.of(
          "off", Level.OFF,
          "error", Level.ERROR,
          "warn", Level.WARNING,
          "info", Level.INFO,
          "debug", Level.DEBUG,
          "trace", Level.TRACE);

  private final Level threshold;
  private final LogQueue queue = new LogQueue();

  /** Makes the process's one; for the service loader. */
  public CliLoggerFinder() {
    threshold =
        LEVELS.getOrDefault(
            System.getProperty(LEVEL_PROPERTY, "warn").toLowerCase(Locale.ROOT), Level.WARNING);
  }

  /**
   * Tells whether a word is a level.
   *
   * @param word what was typed
   * @return true for off, error, warn, info, debug and trace
   */
  public static boolean isLevel(String word) {
    return LEVELS.containsKey(word);
  }

  @Override
  public System.Logger getLogger(String name, Module module) {
    boolean own = name.startsWith("dev.virtio4j.");
    // Others' information is for those who look into them.
    boolean hushed = !own && threshold.getSeverity() > Level.TRACE.getSeverity();
    Level least =
        hushed && threshold.getSeverity() < Level.WARNING.getSeverity() ? Level.WARNING : threshold;
    return new CliLogger(name, least, queue);
  }

  /** Waits until what was logged so far is written, a second at most. */
  public static void flush() {
    if (System.LoggerFinder.getLoggerFinder() instanceof CliLoggerFinder finder) {
      finder.queue.flush();
    }
  }
}
