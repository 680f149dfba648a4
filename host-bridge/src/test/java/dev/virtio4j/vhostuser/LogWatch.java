package dev.virtio4j.vhostuser;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.slf4j.LoggerFactory;

/** Counts the lines of this process's log, both the libraries' own and Netty's. */
final class LogWatch implements AutoCloseable {
  private final AtomicLong lines = new AtomicLong();
  private final AtomicReference<String> error = new AtomicReference<>();
  private final Logger root = Logger.getLogger("");
  private final ch.qos.logback.classic.Logger netty =
      (ch.qos.logback.classic.Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          if (line.getLevel().intValue() >= Level.WARNING.intValue()) {
            boolean severe = line.getLevel().intValue() >= Level.SEVERE.intValue();
            count(severe, line.getMessage(), line.getThrown());
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent line) {
          // Netty warns of what a handler of ours threw.
          if (line.getLevel().isGreaterOrEqual(ch.qos.logback.classic.Level.WARN)) {
            count(true, line.getLoggerName() + ": " + line.getFormattedMessage(), null);
          }
        }
      };

  LogWatch() {
    root.addHandler(handler);
    appender.start();
    netty.addAppender(appender);
    System.getLogger("dev.virtio4j.vhostuser").log(System.Logger.Level.WARNING, "the log is seen");
    if (lines.get() != 1) {
      throw new AssertionError("lines of the log are not seen here: " + lines);
    }
  }

  private void count(boolean severe, String line, Throwable cause) {
    lines.incrementAndGet();
    if (severe) {
      error.compareAndSet(null, cause == null ? line : line + ": " + trace(cause));
    }
  }

  private static String trace(Throwable cause) {
    StringBuilder text = new StringBuilder(cause.toString());
    StackTraceElement[] frames = cause.getStackTrace();
    for (int i = 0; i < Math.min(frames.length, 12); i++) {
      text.append("\n    at ").append(frames[i]);
    }
    return text.toString();
  }

  /** How many lines of at least WARNING there were. */
  long lines() {
    return lines.get();
  }

  /** The first line that tells of a fault of the server's own; null for none. */
  String error() {
    return error.get();
  }

  @Override
  public void close() {
    root.removeHandler(handler);
    netty.detachAppender(appender);
    appender.stop();
  }
}
