package dev.virtio4j.cli.control;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.SocketChannel;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Accepts connections until its listener is closed, however often that fails in between. */
final class AcceptLoop implements Runnable {
  private static final Logger LOGGER = System.getLogger(AcceptLoop.class.getName());

  /** Long enough for a process without descriptors to get some back, and to log little. */
  private static final long PAUSE_MILLIS = 500;

  private final Source source;
  private final BooleanSupplier open;
  private final Consumer<SocketChannel> server;

  /**
   * Makes one.
   *
   * @param source where connections come from
   * @param open whether there may be more
   * @param server takes each connection, and closes it
   */
  AcceptLoop(Source source, BooleanSupplier open, Consumer<SocketChannel> server) {
    this.source = source;
    this.open = open;
    this.server = server;
  }

  /** Waits for a connection. */
  interface Source {
    SocketChannel accept() throws IOException;
  }

  @Override
  public void run() {
    boolean failing = false;
    while (open.getAsBoolean()) {
      try {
        server.accept(source.accept());
        failing = false;
      } catch (IOException notNow) {
        if (open.getAsBoolean()) {
          if (!failing) {
            LOGGER.log(
                Level.WARNING,
                () -> "the control socket takes no connection for now: " + notNow.getMessage());
          }
          failing = true;
          if (!pause()) {
            return;
          }
        }
      }
    }
  }

  private static boolean pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
