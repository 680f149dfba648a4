package dev.virtio4j.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Reads a guest's console line by line on a thread of its own, and keeps its end. */
final class GuestConsole {
  private static final int KEPT_LINES = 500;
  private static final int MAX_LINE_BYTES = 64 << 10;

  private final InputStream in;
  private final Consumer<String> listener;
  private final Deque<String> kept = new ArrayDeque<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final ByteArrayOutputStream partial = new ByteArrayOutputStream();

  GuestConsole(InputStream in, Consumer<String> listener) {
    this.in = in;
    this.listener = listener;
  }

  /**
   * Begins to read.
   *
   * @param unfinished the beginning of the first line, from a console that this one follows
   * @param shell hears each line
   * @param atEnd run when the console has ended
   */
  void start(byte[] unfinished, GuestShell shell, Runnable atEnd) {
    partial.writeBytes(unfinished);
    Thread thread = new Thread(() -> read(shell, atEnd), "guest-console");
    thread.setDaemon(true);
    thread.start();
  }

  private void read(GuestShell shell, Runnable atEnd) {
    byte[] buffer = new byte[8192];
    try {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        for (int i = 0; i < n; i++) {
          if (buffer[i] == '\n') {
            line(shell);
          } else if (buffer[i] != '\r' && partial.size() < MAX_LINE_BYTES) {
            partial.write(buffer[i]);
          }
        }
      }
    } catch (IOException e) {
      keep("(the console ended: " + e.getMessage() + ")");
    } finally {
      ended.countDown();
      atEnd.run();
    }
  }

  private void line(GuestShell shell) {
    String line = partial.toString(StandardCharsets.UTF_8);
    partial.reset();
    keep(line);
    try {
      listener.accept(line);
    } catch (RuntimeException e) {
      keep("(the listener of the console failed: " + e + ")");
    }
    shell.line(line);
  }

  private synchronized void keep(String line) {
    if (kept.size() == KEPT_LINES) {
      kept.removeFirst();
    }
    kept.addLast(line);
  }

  /** The last lines. */
  synchronized List<String> tail(int count) {
    List<String> lines = new ArrayList<>(kept);
    return List.copyOf(lines.subList(Math.max(0, lines.size() - count), lines.size()));
  }

  /** Waits for the end, and returns what came of an unfinished line. */
  byte[] awaitEnd(Duration timeout) throws GuestException {
    try {
      if (!ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new GuestTimeoutException("the guest's console did not end in " + timeout);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GuestException("interrupted while waiting for the console's end", e);
    }
    return partial.toByteArray();
  }
}
