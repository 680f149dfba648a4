package dev.virtio4j.cli.log;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Lines on their way to the writer. When a thousand wait, more are dropped and counted. */
final class LogQueue {
  private static final int CAPACITY = 1024;

  private final BlockingQueue<Object> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicBoolean started = new AtomicBoolean();

  void add(LogLine line) {
    if (!queue.offer(line)) {
      dropped.incrementAndGet();
    }
    if (!started.get() && started.compareAndSet(false, true)) {
      Thread thread = new Thread(this::write, "virtio-log");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void write() {
    LogbackSink sink = new LogbackSink(System.err);
    try {
      while (true) {
        Object next = queue.take();
        if (next instanceof LogLine line) {
          sink.write(line);
        } else if (next instanceof CountDownLatch flushed) {
          flushed.countDown();
        }
        long lost = dropped.getAndSet(0);
        if (lost > 0) {
          sink.write(
              new LogLine(
                  System.currentTimeMillis(),
                  System.Logger.Level.WARNING,
                  LogQueue.class.getPackageName(),
                  lost + " log lines were dropped, as more came than could be written",
                  null));
        }
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until what was logged so far is written, a second at most. */
  void flush() {
    if (!started.get()) {
      return;
    }
    CountDownLatch flushed = new CountDownLatch(1);
    try {
      if (queue.offer(flushed, 1, TimeUnit.SECONDS) && flushed.await(1, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
