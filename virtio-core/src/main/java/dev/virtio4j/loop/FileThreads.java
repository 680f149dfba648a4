package dev.virtio4j.loop;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.IoVec;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;

/**
 * A few daemon threads that make blocking system calls for loops. Threads are started when there is
 * work that nobody is free to do. From any thread.
 */
public final class FileThreads implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(FileThreads.class.getName());

  /** Starts threads; a host may have no more. */
  @FunctionalInterface
  interface Starter {
    void start(Runnable work, String name);
  }

  private final String name;
  private final int limit;
  private final Starter starter;
  private FileOperation head;
  private FileOperation tail;
  private int threads;
  private int idle;
  private boolean closed;

  /**
   * Makes a pool without threads.
   *
   * @param name the beginning of its threads' names
   * @param limit threads at most, 1 or more
   */
  public FileThreads(String name, int limit) {
    this(name, limit, FileThreads::startDaemon);
  }

  FileThreads(String name, int limit, Starter starter) {
    if (limit < 1) {
      throw new IllegalArgumentException("a pool needs 1 thread or more: " + limit);
    }
    this.name = name;
    this.limit = limit;
    this.starter = starter;
  }

  private static void startDaemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  synchronized void submit(FileOperation operation) {
    if (closed) {
      throw new IllegalStateException("the threads of " + name + " have ended");
    }
    operation.pendingNext = null;
    if (tail == null) {
      head = operation;
    } else {
      tail.pendingNext = operation;
    }
    tail = operation;
    if (idle > 0) {
      notify();
    } else if (threads < limit) {
      startThread();
    }
  }

  private void startThread() {
    threads++;
    try {
      starter.start(this::work, name + "-" + threads);
    } catch (Throwable e) {
      threads--;
      if (threads > 0) {
        return; // Those that run will come to it.
      }
      LOG.log(Level.WARNING, () -> name + ": no thread for file I/O, which fails", e);
      for (FileOperation left = head; left != null; ) {
        FileOperation next = left.pendingNext;
        finish(left, -Errno.EIO);
        left = next;
      }
      head = null;
      tail = null;
    }
  }

  private static void finish(FileOperation operation, int result) {
    operation.pendingResult = result;
    operation.pendingOwner.finished(operation);
  }

  private synchronized FileOperation take() {
    while (head == null) {
      if (closed) {
        return null;
      }
      idle++;
      try {
        wait();
      } catch (InterruptedException e) {
        // Nobody interrupts these threads; close() ends them.
      } finally {
        idle--;
      }
    }
    FileOperation operation = head;
    head = operation.pendingNext;
    if (head == null) {
      tail = null;
    }
    operation.pendingNext = null;
    return operation;
  }

  private void work() {
    ByteBuffer vector = null;
    for (FileOperation operation = take(); operation != null; operation = take()) {
      int result = -Errno.EIO;
      try {
        if (vector == null) {
          vector = NativeMemory.allocate(IoVec.SIZE, 8);
        }
        result = performAll(operation, vector);
      } catch (Throwable e) {
        LOG.log(Level.WARNING, () -> name + ": a file operation failed", e);
      }
      try {
        finish(operation, result);
      } catch (Throwable e) {
        LOG.log(Level.DEBUG, () -> name + ": the loop of a file operation has ended", e);
      }
    }
  }

  private static int performAll(FileOperation operation, ByteBuffer vector) {
    while (true) {
      long result = perform(operation, vector);
      int errno = result < 0 ? Libc.errno() : 0;
      if (errno != Errno.EINTR) {
        return result < 0 ? -errno : (int) result;
      }
    }
  }

  private static long perform(FileOperation operation, ByteBuffer vector) {
    int descriptor = operation.descriptor();
    long address = operation.address();
    int length = operation.length();
    long offset = operation.offset();
    int flags = operation.flags();
    return switch (operation.kind()) {
      case READ ->
          flags == 0
              ? Libc.pread(descriptor, address, length, offset)
              : Libc.preadv2(descriptor, one(vector, address, length), 1, offset, flags);
      case WRITE ->
          flags == 0
              ? Libc.pwrite(descriptor, address, length, offset)
              : Libc.pwritev2(descriptor, one(vector, address, length), 1, offset, flags);
      case READV ->
          flags == 0
              ? Libc.preadv(descriptor, address, length, offset)
              : Libc.preadv2(descriptor, address, length, offset, flags);
      case WRITEV ->
          flags == 0
              ? Libc.pwritev(descriptor, address, length, offset)
              : Libc.pwritev2(descriptor, address, length, offset, flags);
      case DATASYNC -> Libc.fdatasync(descriptor);
      case FALLOCATE -> Libc.fallocate(descriptor, flags, offset, operation.bytes());
    };
  }

  private static long one(ByteBuffer vector, long address, int length) {
    vector.putLong(IoVec.IOV_BASE, address);
    vector.putLong(IoVec.IOV_LEN, length);
    return NativeMemory.address(vector);
  }

  /** Ends the threads when they have done what was submitted. Does not wait for them. */
  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }
}
