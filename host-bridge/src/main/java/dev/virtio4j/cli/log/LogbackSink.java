package dev.virtio4j.cli.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.io.OutputStream;
import java.time.Instant;

/** Logback, set up by code: one appender, no files looked for. */
final class LogbackSink {
  private final LoggerContext context = new LoggerContext();

  LogbackSink(OutputStream stream) {
    LineEncoder encoder = new LineEncoder();
    encoder.setContext(context);
    encoder.start();
    OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
    appender.setContext(context);
    appender.setName("stderr");
    appender.setEncoder(encoder);
    appender.setOutputStream(stream);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    // What is not to be seen was left out before the queue.
    root.setLevel(Level.TRACE);
    root.addAppender(appender);
  }

  void write(LogLine line) {
    Logger logger = context.getLogger(line.logger());
    LoggingEvent event =
        new LoggingEvent(
            LogbackSink.class.getName(),
            logger,
            level(line.level()),
            line.message(),
            line.thrown(),
            null);
    event.setInstant(Instant.ofEpochMilli(line.millis()));
    logger.callAppenders(event);
  }

  private static Level level(System.Logger.Level level) {
    return switch (level) {
      case ALL, TRACE -> Level.TRACE;
      case DEBUG -> Level.DEBUG;
      case INFO -> Level.INFO;
      case WARNING -> Level.WARN;
      case ERROR, OFF -> Level.ERROR;
    };
  }
}
