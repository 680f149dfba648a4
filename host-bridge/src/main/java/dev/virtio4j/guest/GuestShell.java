package dev.virtio4j.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The host's end of the conversation with init: sends scripts, sorts what comes back. It outlives a
 * process: after a migration the same conversation goes on over another console.
 */
final class GuestShell {
  /** Far below the 4095 characters that a terminal takes in one line. */
  private static final int CHUNK_BYTES = 600;

  private static final Duration ACK_TIMEOUT = Duration.ofMinutes(1);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ReentrantLock sending = new ReentrantLock();
  private final List<String> faults = new ArrayList<>();
  private OutputStream out;
  private String kernelRelease = "";
  private boolean ready;
  private String failure;
  private int acks;
  private int scripts;
  private GuestScript current;

  GuestShell(OutputStream out) {
    this.out = out;
  }

  /** Writes to another console from now on. */
  void redirect(OutputStream to) {
    update(() -> out = to);
  }

  /**
   * A line of the console, without its end; programs of the guest may have lost one between them.
   */
  void line(String line) {
    int at = line.indexOf(GuestMessage.PREFIX);
    int next = at < 0 ? -1 : line.indexOf(GuestMessage.PREFIX, at + 1);
    if (next >= 0) {
      line(line.substring(0, next));
      line(line.substring(next));
      return;
    }
    if (at < 0) {
      text(line);
      if (line.contains("Kernel panic - not syncing")) {
        fail("the guest's kernel panicked: " + line.strip());
      }
      return;
    }
    if (at > 0) {
      text(line.substring(0, at)); // A script's last line had no end.
    }
    Optional<GuestMessage> message = GuestMessage.parse(line.substring(at));
    if (message.isEmpty()) {
      text(line.substring(at));
    } else {
      update(() -> message(message.get()));
    }
  }

  private void text(String line) {
    update(
        () -> {
          if (current != null) {
            current.line(line);
          }
        });
  }

  private void message(GuestMessage message) {
    if (message instanceof GuestMessage.Boot boot) {
      kernelRelease = boot.kernelRelease();
    } else if (message instanceof GuestMessage.Ready) {
      ready = true;
    } else if (message instanceof GuestMessage.Ack) {
      acks++;
    } else if (message instanceof GuestMessage.Fault fault) {
      faults.add(fault.text());
    } else if (message instanceof GuestMessage.Value value) {
      if (current != null) {
        current.value(value.key(), value.text());
      }
    } else if (message instanceof GuestMessage.End end
        && current != null
        && current.number() == end.number()) {
      current.end(end.status());
      current = null;
    }
  }

  /** Nothing will come any more; what is waited for fails. */
  void fail(String why) {
    update(
        () -> {
          if (failure == null) {
            failure = why;
          }
          if (current != null) {
            current.fail(failure);
            current = null;
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

  String kernelRelease() {
    lock.lock();
    try {
      return kernelRelease;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until init takes scripts. */
  void awaitReady(Duration timeout) throws GuestException {
    await(timeout, "the guest to boot", () -> ready);
    lock.lock();
    try {
      if (!faults.isEmpty()) {
        throw new GuestException("the guest's init failed: " + String.join("; ", faults));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sends a script and lets it begin. */
  GuestScript start(String text) throws IOException {
    sending.lock();
    try {
      GuestScript script;
      lock.lock();
      try {
        if (current != null) {
          throw new IllegalStateException("script " + current.number() + " runs still");
        }
        script = new GuestScript(++scripts);
      } finally {
        lock.unlock();
      }
      exchange("script " + script.number());
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      for (int at = 0; at < bytes.length; at += CHUNK_BYTES) {
        int end = Math.min(bytes.length, at + CHUNK_BYTES);
        byte[] chunk = java.util.Arrays.copyOfRange(bytes, at, end);
        exchange("+" + Base64.getEncoder().encodeToString(chunk));
      }
      lock.lock();
      try {
        if (failure != null) {
          throw new GuestException(failure);
        }
        current = script;
      } finally {
        lock.unlock();
      }
      sendLine("run");
      return script;
    } finally {
      sending.unlock();
    }
  }

  private void exchange(String line) throws IOException {
    int before;
    lock.lock();
    try {
      before = acks;
    } finally {
      lock.unlock();
    }
    sendLine(line);
    await(ACK_TIMEOUT, "the guest to take a line", () -> acks != before);
  }

  /** Sends a line to the guest's console. */
  void sendLine(String line) throws IOException {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    lock.lock();
    try {
      if (failure != null) {
        throw new GuestException(failure);
      }
      out.write(bytes);
      out.flush();
    } finally {
      lock.unlock();
    }
  }

  @FunctionalInterface
  private interface Test {
    boolean holds();
  }

  private void await(Duration timeout, String what, Test test) throws GuestException {
    long left = timeout.toNanos();
    lock.lock();
    try {
      while (!test.holds()) {
        if (failure != null) {
          throw new GuestException("waited for " + what + ": " + failure);
        }
        if (left <= 0) {
          throw new GuestTimeoutException(
              "waited " + TimeUnit.NANOSECONDS.toSeconds(timeout.toNanos()) + " s for " + what);
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
