package dev.virtio4j.posix.uring;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileIo;
import dev.virtio4j.loop.FileOperation;
import dev.virtio4j.loop.Poller;
import dev.virtio4j.loop.PollerHandle;
import dev.virtio4j.loop.Registration;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.EventFd;
import dev.virtio4j.posix.PosixException;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;

/**
 * File I/O by io_uring. Submissions go to the kernel a few at a time; completions are found by
 * polling while the loop is awake, and wake it when it sleeps. Allocates nothing per operation.
 *
 * <p>No more operations are in the kernel than the completion ring has room for; the others wait
 * here, in order.
 */
public final class UringFileIo implements FileIo, Poller {
  private static final System.Logger LOG = System.getLogger(UringFileIo.class.getName());

  private static final int SUBMISSIONS = 128;
  private static final int COMPLETIONS = 1024;

  /** Completions of one turn. */
  private static final int TURN = 64;

  /** Submissions that do not wait for the turn's end: the disk works while the others are made. */
  private static final int BATCH = 4;

  /** How long the end waits for what a kernel that takes no more calls still has. */
  private static final long BROKEN_WAIT_NANOS = 10_000_000_000L;

  private final Ring ring;
  private final EventFd event;
  private final PollerHandle handle;
  private final Registration watch;

  /** Operations in the kernel, by the number that their completion carries. */
  private final FileOperation[] slots;

  private final int[] freeSlots;
  private int freeCount;

  private final ArrayDeque<FileOperation> waiting = new ArrayDeque<>();
  private final ArrayDeque<FileOperation> refused = new ArrayDeque<>();
  private int outstanding;
  private boolean closing;

  /** Why the kernel takes no more calls, an errno; 0 while it does. */
  private int broken;

  private UringFileIo(DeviceLoop loop, Ring ring, EventFd event) {
    this.ring = ring;
    this.event = event;
    slots = new FileOperation[ring.completionEntries()];
    freeSlots = new int[slots.length];
    for (int i = 0; i < slots.length; i++) {
      freeSlots[i] = slots.length - 1 - i;
    }
    freeCount = slots.length;
    handle = loop.add(this);
    watch = loop.watch(event.descriptor(), events -> handle.wake());
  }

  /**
   * Makes the file I/O of one loop, on its thread.
   *
   * @param loop gets the completions; must watch descriptors
   * @return the file I/O
   * @throws PosixException if the host has no io_uring; the message says why
   * @throws UnsupportedOperationException if the loop watches no descriptors
   */
  public static UringFileIo open(DeviceLoop loop) {
    Ring ring = RingSetup.open(SUBMISSIONS, COMPLETIONS);
    EventFd event = null;
    try {
      event = EventFd.create();
      ring.register(event);
      ring.quiet();
      return new UringFileIo(loop, ring, event);
    } catch (RuntimeException e) {
      ring.close();
      if (event != null) {
        event.close();
      }
      throw e;
    }
  }

  /**
   * Tells why this host has no io_uring for us, by trying.
   *
   * @return a sentence, or null if it has
   */
  public static String unavailableReason() {
    try {
      RingSetup.open(1, 2).close();
      return null;
    } catch (PosixException e) {
      return e.getMessage();
    }
  }

  @Override
  public void submit(FileOperation operation) {
    outstanding++;
    if (closing || broken != 0) {
      refused.add(operation);
    } else if (!waiting.isEmpty() || !enqueue(operation)) {
      waiting.add(operation);
    }
    if (ring.unsubmitted() >= BATCH) {
      boolean unused = submitWaiting(0);
    }
    handle.wake();
  }

  private boolean enqueue(FileOperation operation) {
    if (freeCount == 0 || !ring.hasRoom()) {
      return false;
    }
    int slot = freeSlots[--freeCount];
    slots[slot] = operation;
    int file = operation.descriptor();
    long offset = operation.offset();
    switch (operation.kind()) {
      case READ -> transfer(UringFlags.IORING_OP_READ, operation, slot);
      case WRITE -> transfer(UringFlags.IORING_OP_WRITE, operation, slot);
      case READV -> transfer(UringFlags.IORING_OP_READV, operation, slot);
      case WRITEV -> transfer(UringFlags.IORING_OP_WRITEV, operation, slot);
      case DATASYNC ->
          ring.add(
              UringFlags.IORING_OP_FSYNC, file, 0, 0, 0, UringFlags.IORING_FSYNC_DATASYNC, slot);
      case FALLOCATE ->
          ring.add(
              UringFlags.IORING_OP_FALLOCATE,
              file,
              offset,
              operation.bytes(),
              operation.flags(),
              0,
              slot);
    }
    return true;
  }

  private void transfer(int opcode, FileOperation operation, int slot) {
    ring.add(
        opcode,
        operation.descriptor(),
        operation.offset(),
        operation.address(),
        operation.length(),
        operation.flags(),
        slot);
  }

  @Override
  public boolean poll() {
    boolean submitted = submitWaiting(0);
    boolean reaped = reap();
    return refuse() || reaped || submitted;
  }

  private boolean submitWaiting(int waitFor) {
    if (broken != 0) {
      return false;
    }
    while (!waiting.isEmpty() && enqueue(waiting.peek())) {
      waiting.remove();
    }
    if (waitFor == 0 && ring.unsubmitted() == 0 && !ring.mustEnter()) {
      return false;
    }
    int taken = ring.enter(waitFor);
    if (taken >= 0) {
      return taken > 0;
    }
    // Short of memory, or full of completions, which are about to be read: tried again next turn.
    if (taken == -Errno.EAGAIN || taken == -Errno.EBUSY || taken == -Errno.EINTR) {
      return false;
    }
    breakRing(-taken);
    return true;
  }

  /** What the kernel has not taken fails, now and from now on; what it has may complete still. */
  private void breakRing(int errno) {
    broken = errno;
    LOG.log(
        Level.ERROR,
        () -> "io_uring fails: io_uring_enter: " + Errno.text(errno) + "; so does this loop's I/O");
    while (ring.unsubmitted() > 0) {
      int slot = (int) ring.withdraw();
      refused.add(slots[slot]);
      slots[slot] = null;
      freeSlots[freeCount++] = slot;
    }
    refused.addAll(waiting);
    waiting.clear();
  }

  private boolean refuse() {
    boolean any = !refused.isEmpty();
    while (!refused.isEmpty()) {
      outstanding--;
      refused.remove().complete(broken != 0 ? -Errno.EIO : -Errno.ECANCELED);
    }
    return any;
  }

  private boolean reap() {
    int count = 0;
    while (count < TURN && ring.hasCompletion()) {
      int slot = (int) ring.completedUserData();
      int result = ring.completedResult();
      ring.advance();
      FileOperation operation = slots[slot];
      slots[slot] = null;
      freeSlots[freeCount++] = slot;
      outstanding--;
      count++;
      operation.complete(result);
    }
    return count > 0;
  }

  @Override
  public boolean arm() {
    ring.loud();
    if (ring.hasCompletion() || !refused.isEmpty()) {
      return false;
    }
    return broken != 0 || (ring.unsubmitted() == 0 && waiting.isEmpty() && !ring.mustEnter());
  }

  @Override
  public void disarm() {
    ring.quiet();
  }

  @Override
  public int outstanding() {
    return outstanding;
  }

  @Override
  public String name() {
    return "io_uring";
  }

  @Override
  public void close() {
    closing = true;
    long deadline = System.nanoTime() + BROKEN_WAIT_NANOS;
    while (outstanding > 0 && (broken == 0 || System.nanoTime() - deadline < 0)) {
      int inKernel = slots.length - freeCount;
      if (inKernel > 0 || !waiting.isEmpty()) {
        boolean unused = submitWaiting(1);
        while (reap()) {}
      }
      boolean refusedAny = refuse();
      if (broken != 0 && !refusedAny) {
        LockSupport.parkNanos(1_000_000);
      }
    }
    watch.close();
    handle.close();
    ring.close();
    event.close();
    abandon();
  }

  /** A broken ring's last operations: it is closed, and the kernel has cancelled what it could. */
  private void abandon() {
    for (int slot = 0; slot < slots.length; slot++) {
      FileOperation operation = slots[slot];
      if (operation != null) {
        slots[slot] = null;
        outstanding--;
        operation.complete(-Errno.EIO);
      }
    }
    boolean unused = refuse();
  }
}
