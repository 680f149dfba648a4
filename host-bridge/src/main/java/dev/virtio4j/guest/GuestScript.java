package dev.virtio4j.guest;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** A script that runs in a guest. Safe to use from any thread. */
public final class GuestScript {
  /** What is kept of an output that does not end. */
  private static final int MAX_LINES = 100_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final int number;
  private final long startedNanos = System.nanoTime();
  private final List<String> lines = new ArrayList<>();
  private final Map<String, String> values = new LinkedHashMap<>();
  private ScriptResult result;
  private String failure;

  GuestScript(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  void line(String line) {
    update(
        () -> {
          if (lines.size() < MAX_LINES) {
            lines.add(line);
          }
        });
  }

  void value(String key, String text) {
    update(
        () -> {
          if (values.size() < MAX_LINES) {
            values.put(key, text);
          }
        });
  }

  void end(int status) {
    Duration duration = Duration.ofNanos(System.nanoTime() - startedNanos);
    update(() -> result = new ScriptResult(status, lines, values, duration));
  }

  void fail(String why) {
    update(
        () -> {
          if (result == null && failure == null) {
            failure = why;
          }
        });
  }

  private void update(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Tells whether the script ended, or its guest did.
   *
   * @return whether {@link #await} would return or throw at once
   */
  public boolean isDone() {
    lock.lock();
    try {
      return result != null || failure != null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the script's end.
   *
   * @param timeout how long at most
   * @return what it did
   * @throws GuestTimeoutException if it does not end in time
   * @throws GuestException if the guest ended, or its kernel panicked
   */
  public ScriptResult await(Duration timeout) throws GuestException {
    return await(timeout, "the script's end", () -> Optional.ofNullable(result));
  }

  /**
   * Waits for a value that the script reports while it runs.
   *
   * @param key the value's key
   * @param timeout how long at most
   * @return the value
   * @throws GuestTimeoutException if it does not come in time
   * @throws GuestException if the script or the guest ended without it
   */
  public String awaitValue(String key, Duration timeout) throws GuestException {
    return await(
        timeout,
        "the value " + key,
        () -> {
          if (result != null && !values.containsKey(key)) {
            failure = "the script ended with status " + result.status() + " and no value " + key;
          }
          return Optional.ofNullable(values.get(key));
        });
  }

  private <T> T await(Duration timeout, String what, Supplier<Optional<T>> get)
      throws GuestException {
    long left = timeout.toNanos();
    lock.lock();
    try {
      while (true) {
        Optional<T> found = get.get();
        if (found.isPresent()) {
          return found.get();
        }
        if (failure != null) {
          throw new GuestException("waited for " + what + ": " + failure);
        }
        if (left <= 0) {
          throw new GuestTimeoutException(
              String.format(
                  "waited %.0f s for %s; it printed last: %s",
                  (double) timeout.toNanos() / TimeUnit.SECONDS.toNanos(1),
                  what,
                  lines.subList(Math.max(0, lines.size() - 10), lines.size())));
        }
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GuestException("interrupted while waiting for " + what, e);
    } finally {
      lock.unlock();
    }
  }
}
