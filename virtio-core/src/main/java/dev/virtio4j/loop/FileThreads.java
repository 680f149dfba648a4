package dev.virtio4j.loop;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.IoVec;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import java.nio.ByteBuffer;

/**
 * A few daemon threads that make blocking system calls for loops. Threads are started when there is
 * work that nobody is free to do. From any thread.
 */
public final class FileThreads implements AutoCloseable {
  private final String name;
  private final int limit;
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
    if (limit < 1) {
      throw new IllegalArgumentException("a pool needs 1 thread or more: " + limit);
    }
    this.name = name;
    this.limit = limit;
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
      threads++;
      Thread thread = new Thread(this::work, name + "-" + threads);
      thread.setDaemon(true);
      thread.start();
    }
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
    ByteBuffer vector = NativeMemory.allocate(IoVec.SIZE, 8);
    for (FileOperation operation = take(); operation != null; operation = take()) {
      long result;
      do {
        result = perform(operation, vector);
        if (result < 0) {
          result = -Libc.errno();
        }
      } while (result == -Errno.EINTR);
      operation.pendingResult = (int) result;
      operation.pendingOwner.finished(operation);
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
