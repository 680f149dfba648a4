package dev.virtio4j.posix.uring;

import static dev.virtio4j.posix.uring.UringFlags.IORING_CQ_EVENTFD_DISABLED;
import static dev.virtio4j.posix.uring.UringFlags.IORING_ENTER_GETEVENTS;
import static dev.virtio4j.posix.uring.UringFlags.IORING_SQ_CQ_OVERFLOW;
import static dev.virtio4j.posix.uring.UringFlags.IORING_SQ_TASKRUN;

import dev.virtio4j.posix.EventFd;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.Mapping;
import dev.virtio4j.posix.MemoryMap;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.PosixException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One io_uring: its two rings as they are shared with the kernel. Used by the thread that made it.
 */
final class Ring implements AutoCloseable {
  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private final Fd fd;
  private final int descriptor;
  private final Mapping rings;
  private final Mapping entries;
  private final int sqEntries;
  private final int cqEntries;

  private final ByteBuffer ring;
  private final ByteBuffer sqes;
  private final int sqHeadAt;
  private final int sqTailAt;
  private final int sqFlagsAt;
  private final int cqHeadAt;
  private final int cqTailAt;
  private final int cqFlagsAt;
  private final int cqesAt;

  /** Where the next submission goes; published when the kernel is entered. */
  private int sqTail;

  private int cqHead;

  /** Takes a ring that was set up over, and closes it if it cannot be used. */
  Ring(Fd fd, ByteBuffer parameters) {
    this.fd = fd;
    descriptor = fd.value();
    sqEntries = parameters.getInt(SetupParameters.SQ_ENTRIES);
    cqEntries = parameters.getInt(SetupParameters.CQ_ENTRIES);
    sqHeadAt = parameters.getInt(SetupParameters.SQ_OFF_HEAD);
    sqTailAt = parameters.getInt(SetupParameters.SQ_OFF_TAIL);
    sqFlagsAt = parameters.getInt(SetupParameters.SQ_OFF_FLAGS);
    cqHeadAt = parameters.getInt(SetupParameters.CQ_OFF_HEAD);
    cqTailAt = parameters.getInt(SetupParameters.CQ_OFF_TAIL);
    cqFlagsAt = parameters.getInt(SetupParameters.CQ_OFF_FLAGS);
    cqesAt = parameters.getInt(SetupParameters.CQ_OFF_CQES);
    int arrayAt = parameters.getInt(SetupParameters.SQ_OFF_ARRAY);
    int size =
        Math.max(arrayAt + sqEntries * Integer.BYTES, cqesAt + cqEntries * CompletionEntry.SIZE);
    Mapping first = null;
    try {
      first = map(UringFlags.IORING_OFF_SQ_RING, size);
      entries = map(UringFlags.IORING_OFF_SQES, sqEntries * SubmissionEntry.SIZE);
    } catch (PosixException e) {
      if (first != null) {
        first.close();
      }
      fd.close();
      throw e;
    }
    rings = first;
    ring = rings.view(0, size);
    sqes = entries.view(0, sqEntries * SubmissionEntry.SIZE);
    // Entry i of the index array stays i: submissions are taken in the order of their slots.
    for (int i = 0; i < sqEntries; i++) {
      ring.putInt(arrayAt + i * Integer.BYTES, i);
    }
    sqTail = ring.getInt(sqTailAt);
    cqHead = ring.getInt(cqHeadAt);
  }

  private Mapping map(long offset, int size) {
    return Mapping.shared(descriptor, offset, size, MemoryMap.PROT_READ | MemoryMap.PROT_WRITE);
  }

  /** How many operations may be in the kernel at once so that completions always have room. */
  int completionEntries() {
    return cqEntries;
  }

  /** Has the kernel add to an event counter for each completion, unless {@link #quiet}. */
  void register(EventFd event) {
    ByteBuffer number = NativeMemory.allocate(Integer.BYTES, Integer.BYTES);
    number.putInt(0, event.descriptor());
    Libc.check(
        Libc.syscall(
            UringFlags.SYS_IO_URING_REGISTER,
            descriptor,
            UringFlags.IORING_REGISTER_EVENTFD,
            NativeMemory.address(number),
            1,
            0,
            0),
        "io_uring_register of an eventfd");
  }

  /** Tells whether there is room for another submission. */
  boolean hasRoom() {
    // Acquire pairs with the kernel's release of the head: it is done with the entry's slot.
    return sqTail - (int) INT.getAcquire(ring, sqHeadAt) < sqEntries;
  }

  /** Writes a submission, for which there must be room. */
  void add(int opcode, int file, long offset, long address, int length, int flags, long userData) {
    int at = (sqTail & (sqEntries - 1)) * SubmissionEntry.SIZE;
    sqes.putInt(at + SubmissionEntry.OPCODE, opcode);
    sqes.putInt(at + SubmissionEntry.FD, file);
    sqes.putLong(at + SubmissionEntry.OFF, offset);
    sqes.putLong(at + SubmissionEntry.ADDR, address);
    sqes.putInt(at + SubmissionEntry.LEN, length);
    sqes.putInt(at + SubmissionEntry.RW_FLAGS, flags);
    sqes.putLong(at + SubmissionEntry.USER_DATA, userData);
    sqTail++;
  }

  /** How many submissions the kernel has not taken. */
  int unsubmitted() {
    return sqTail - (int) INT.getAcquire(ring, sqHeadAt);
  }

  /** Takes back the last submission, of which the kernel has not taken all; its user data. */
  long withdraw() {
    sqTail--;
    INT.setRelease(ring, sqTailAt, sqTail);
    return sqes.getLong(
        (sqTail & (sqEntries - 1)) * SubmissionEntry.SIZE + SubmissionEntry.USER_DATA);
  }

  /** Tells whether the kernel holds completions back until it is entered. */
  boolean mustEnter() {
    return ((int) INT.getAcquire(ring, sqFlagsAt) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW))
        != 0;
  }

  /**
   * Hands the submissions to the kernel and has it make completions.
   *
   * @return how many it took, or a negative errno
   */
  int enter(int waitFor) {
    // Release pairs with the kernel's acquire of the tail: the entries are written.
    INT.setRelease(ring, sqTailAt, sqTail);
    long result =
        Libc.syscall(
            UringFlags.SYS_IO_URING_ENTER,
            descriptor,
            unsubmitted(),
            waitFor,
            IORING_ENTER_GETEVENTS,
            0,
            0);
    return result < 0 ? -Libc.errno() : (int) result;
  }

  /** Tells whether there is a completion to be read. */
  boolean hasCompletion() {
    // Acquire pairs with the kernel's release of the tail: the entry is written.
    return (int) INT.getAcquire(ring, cqTailAt) != cqHead;
  }

  private int completionAt() {
    return cqesAt + (cqHead & (cqEntries - 1)) * CompletionEntry.SIZE;
  }

  long completedUserData() {
    return ring.getLong(completionAt() + CompletionEntry.USER_DATA);
  }

  int completedResult() {
    return ring.getInt(completionAt() + CompletionEntry.RES);
  }

  /** Gives the read completion's slot back to the kernel. */
  void advance() {
    cqHead++;
    // Release pairs with the kernel's acquire of the head: the entry has been read.
    INT.setRelease(ring, cqHeadAt, cqHead);
  }

  /** Completions cause no events. */
  void quiet() {
    if (cqFlagsAt != 0) {
      INT.setOpaque(ring, cqFlagsAt, IORING_CQ_EVENTFD_DISABLED);
    }
  }

  /** Completions cause events; look for some after this. */
  void loud() {
    if (cqFlagsAt != 0) {
      INT.setOpaque(ring, cqFlagsAt, 0);
    }
    // Pairs with the kernel's barrier between its store of the tail and its load of these flags:
    // either it sees that events are wanted, or the caller sees the completion.
    VarHandle.fullFence();
  }

  @Override
  public void close() {
    rings.close();
    entries.close();
    fd.close();
  }
}
