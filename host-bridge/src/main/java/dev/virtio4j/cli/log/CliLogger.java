package dev.virtio4j.cli.log;

import java.text.MessageFormat;
import java.util.ResourceBundle;

/** Queues what is grave enough. */
final class CliLogger implements System.Logger {
  private final String name;
  private final Level threshold;
  private final LogQueue queue;

  CliLogger(String name, Level threshold, LogQueue queue) {
    this.name = name;
    this.threshold = threshold;
    this.queue = queue;
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public boolean isLoggable(Level level) {
    return level != Level.OFF && level.getSeverity() >= threshold.getSeverity();
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
    if (isLoggable(level)) {
      queue.add(
          new LogLine(System.currentTimeMillis(), level, name, String.valueOf(message), thrown));
    }
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
    if (isLoggable(level)) {
      boolean plain = parameters == null || parameters.length == 0;
      log(
          level,
          bundle,
          plain ? format : MessageFormat.format(format, parameters),
          (Throwable) null);
    }
  }
}
