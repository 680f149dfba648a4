package dev.virtio4j.cli.serve;

import com.sun.jna.Native;

/**
 * The C library's {@code signal}, for one purpose: once a shutdown has begun, the next signal is to
 * end the process at once, and the JVM's own handler would wait for the shutdown instead.
 */
final class Signals {
  private static final int SIGINT = 2;
  private static final int SIGTERM = 15;
  private static final long SIG_DFL = 0;

  static {
    Native.register(Signals.class, "c");
  }

  private Signals() {}

  /** Loads what it is made of, where that can still be reported. */
  static void load() {
    // The class is initialized by now.
  }

  /** SIGINT and SIGTERM end the process at once from here on. */
  static void endAtOnce() {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
  }

  private static native long signal(int number, long handler);
}
