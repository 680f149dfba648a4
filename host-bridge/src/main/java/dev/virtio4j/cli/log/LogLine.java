package dev.virtio4j.cli.log;

/**
 * One line that was logged.
 *
 * @param millis when, since the epoch
 * @param level how grave it is
 * @param logger who says it
 * @param message the finished text
 * @param thrown what was thrown, or null
 */
record LogLine(
    long millis, System.Logger.Level level, String logger, String message, Throwable thrown) {}
