package dev.virtio4j.vhostuser.client;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.PollEvents;
import dev.virtio4j.posix.PollFd;
import java.nio.ByteBuffer;
import java.util.List;

/** Sleeps until one of several queues is interrupted, as a guest does. Allocates nothing then. */
public final class InterruptWaiter {
  private final ByteBuffer polled;
  private final ByteBuffer value = NativeMemory.allocate(Long.BYTES, Long.BYTES);
  private final long polledAddress;
  private final long valueAddress;
  private final int count;
  private long interrupts;

  /**
   * Makes one.
   *
   * @param queues the queues, which must stay open
   */
  public InterruptWaiter(List<FrontEndQueue> queues) {
    count = queues.size();
    polled = NativeMemory.allocate(count * PollFd.SIZE, Integer.BYTES);
    polledAddress = NativeMemory.address(polled);
    valueAddress = NativeMemory.address(value);
    for (int i = 0; i < count; i++) {
      polled.putInt(i * PollFd.SIZE + PollFd.FD, queues.get(i).callDescriptor());
      polled.putShort(i * PollFd.SIZE + PollFd.EVENTS, (short) PollEvents.POLLIN);
    }
  }

  /**
   * Waits, and takes the interrupts that came.
   *
   * @param millis how long at most; 0 to look only
   * @return false if none came
   * @throws dev.virtio4j.posix.PosixException if the wait fails
   */
  public boolean await(int millis) {
    int ready = Libc.poll(polledAddress, count, millis);
    if (ready <= 0) {
      if (ready < 0 && Libc.errno() != Errno.EINTR) {
        Libc.check(ready, "wait for an interrupt");
      }
      return false;
    }
    for (int i = 0; i < count; i++) {
      if (polled.getShort(i * PollFd.SIZE + PollFd.REVENTS) != 0) {
        int descriptor = polled.getInt(i * PollFd.SIZE + PollFd.FD);
        if (Libc.read(descriptor, valueAddress, Long.BYTES) == Long.BYTES) {
          interrupts += value.getLong(0);
        }
      }
    }
    return true;
  }

  /**
   * How many interrupts were taken.
   *
   * @return the number so far
   */
  public long interrupts() {
    return interrupts;
  }
}
