package dev.virtio4j.loop;

import dev.virtio4j.posix.Errno;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * File I/O by threads that block, for hosts without io_uring. Operations of one loop may overtake
 * each other.
 */
public final class ThreadFileIo implements FileIo, Poller {
  /** Completions of one turn. */
  private static final int TURN = 64;

  private static final long CLOSING_PARK_NANOS = 50_000;

  private final FileThreads threads;
  private final PollerHandle handle;

  /** Finished operations, the last first; threads push, the loop takes all. */
  private final AtomicReference<FileOperation> finished = new AtomicReference<>();

  /** Finished operations in the order in which they finished; the loop's own. */
  private FileOperation ready;

  private int outstanding;
  private boolean closing;

  /**
   * Makes the file I/O of one loop, on its thread.
   *
   * @param loop gets the completions
   * @param threads do the work; they stay the caller's
   */
  public ThreadFileIo(DeviceLoop loop, FileThreads threads) {
    this.threads = threads;
    this.handle = loop.add(this);
  }

  @Override
  public void submit(FileOperation operation) {
    outstanding++;
    operation.pendingOwner = this;
    if (closing) {
      operation.pendingResult = -Errno.ECANCELED;
      finished(operation);
    } else {
      threads.submit(operation);
    }
  }

  /** From the thread that did the work. */
  void finished(FileOperation operation) {
    FileOperation head;
    do {
      head = finished.get();
      operation.pendingNext = head;
    } while (!finished.compareAndSet(head, operation));
    handle.wake();
  }

  @Override
  public boolean poll() {
    boolean worked = false;
    for (int i = 0; i < TURN; i++) {
      FileOperation operation = next();
      if (operation == null) {
        return worked;
      }
      worked = true;
      outstanding--;
      operation.complete(operation.pendingResult);
    }
    return true;
  }

  private FileOperation next() {
    if (ready == null && finished.get() != null) {
      FileOperation newest = finished.getAndSet(null);
      while (newest != null) {
        FileOperation older = newest.pendingNext;
        newest.pendingNext = ready;
        ready = newest;
        newest = older;
      }
    }
    FileOperation operation = ready;
    if (operation != null) {
      ready = operation.pendingNext;
      operation.pendingNext = null;
    }
    return operation;
  }

  @Override
  public boolean arm() {
    return ready == null && finished.get() == null;
  }

  @Override
  public int outstanding() {
    return outstanding;
  }

  @Override
  public String name() {
    return "threads";
  }

  @Override
  public void close() {
    closing = true;
    while (outstanding > 0) {
      if (!poll()) {
        LockSupport.parkNanos(CLOSING_PARK_NANOS);
      }
    }
    handle.close();
  }
}
