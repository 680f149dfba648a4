package dev.virtio4j.cli.log;

import io.netty.util.internal.logging.AbstractInternalLogger;
import java.lang.System.Logger.Level;
import org.slf4j.helpers.MessageFormatter;

/** One of Netty's loggers; its placeholders are slf4j's. */
final class NettyLogger extends AbstractInternalLogger {
  private static final long serialVersionUID = 1L;

  private final transient System.Logger logger;

  NettyLogger(String name) {
    super(name);
    logger = System.getLogger(name);
  }

  private void format(Level level, String format, Object... arguments) {
    if (logger.isLoggable(level)) {
      var text = MessageFormatter.arrayFormat(format, arguments);
      logger.log(level, text.getMessage(), text.getThrowable());
    }
  }

  @Override
  public boolean isTraceEnabled() {
    return logger.isLoggable(Level.TRACE);
  }

  @Override
  public void trace(String message) {
    logger.log(Level.TRACE, message);
  }

  @Override
  public void trace(String format, Object argument) {
    format(Level.TRACE, format, argument);
  }

  @Override
  public void trace(String format, Object first, Object second) {
    format(Level.TRACE, format, first, second);
  }

  @Override
  public void trace(String format, Object... arguments) {
    format(Level.TRACE, format, arguments);
  }

  @Override
  public void trace(String message, Throwable thrown) {
    logger.log(Level.TRACE, message, thrown);
  }

  @Override
  public boolean isDebugEnabled() {
    return logger.isLoggable(Level.DEBUG);
  }

  @Override
  public void debug(String message) {
    logger.log(Level.DEBUG, message);
  }

  @Override
  public void debug(String format, Object argument) {
    format(Level.DEBUG, format, argument);
  }

  @Override
  public void debug(String format, Object first, Object second) {
    format(Level.DEBUG, format, first, second);
  }

  @Override
  public void debug(String format, Object... arguments) {
    format(Level.DEBUG, format, arguments);
  }

  @Override
  public void debug(String message, Throwable thrown) {
    logger.log(Level.DEBUG, message, thrown);
  }

  @Override
  public boolean isInfoEnabled() {
    return logger.isLoggable(Level.INFO);
  }

  @Override
  public void info(String message) {
    logger.log(Level.INFO, message);
  }

  @Override
  public void info(String format, Object argument) {
    format(Level.INFO, format, argument);
  }

  @Override
  public void info(String format, Object first, Object second) {
    format(Level.INFO, format, first, second);
  }

  @Override
  public void info(String format, Object... arguments) {
    format(Level.INFO, format, arguments);
  }

  @Override
  public void info(String message, Throwable thrown) {
    logger.log(Level.INFO, message, thrown);
  }

  @Override
  public boolean isWarnEnabled() {
    return logger.isLoggable(Level.WARNING);
  }

  @Override
  public void warn(String message) {
    logger.log(Level.WARNING, message);
  }

  @Override
  public void warn(String format, Object argument) {
    format(Level.WARNING, format, argument);
  }

  @Override
  public void warn(String format, Object first, Object second) {
    format(Level.WARNING, format, first, second);
  }

  @Override
  public void warn(String format, Object... arguments) {
    format(Level.WARNING, format, arguments);
  }

  @Override
  public void warn(String message, Throwable thrown) {
    logger.log(Level.WARNING, message, thrown);
  }

  @Override
  public boolean isErrorEnabled() {
    return logger.isLoggable(Level.ERROR);
  }

  @Override
  public void error(String message) {
    logger.log(Level.ERROR, message);
  }

  @Override
  public void error(String format, Object argument) {
    format(Level.ERROR, format, argument);
  }

  @Override
  public void error(String format, Object first, Object second) {
    format(Level.ERROR, format, first, second);
  }

  @Override
  public void error(String format, Object... arguments) {
    format(Level.ERROR, format, arguments);
  }

  @Override
  public void error(String message, Throwable thrown) {
    logger.log(Level.ERROR, message, thrown);
  }
}
