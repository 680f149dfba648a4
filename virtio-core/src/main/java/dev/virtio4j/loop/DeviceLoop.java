package dev.virtio4j.loop;

import java.util.concurrent.Executor;

/**
 * One thread that runs devices.
 *
 * <p>{@link #execute} and {@link PollerHandle#wake()} may be called from any thread; everything
 * else on the loop's own, unless it says otherwise.
 */
public interface DeviceLoop extends Executor {
  /**
   * The loop's name, which is its thread's.
   *
   * @return a short name
   */
  String name();

  /**
   * Tells whether the caller is the loop.
   *
   * @return true on the loop's thread
   */
  boolean inLoop();

  /**
   * Runs a task on the loop, after those submitted before it. From any thread.
   *
   * @param task what to run; what it throws is logged
   * @throws java.util.concurrent.RejectedExecutionException if the loop has been closed
   */
  @Override
  void execute(Runnable task);

  /**
   * Runs a task once, later. From any thread.
   *
   * @param delayNanos nanoseconds from now, 0 or more
   * @param task what to run
   * @return cancels it
   */
  Registration schedule(long delayNanos, Runnable task);

  /**
   * Adds a poller, asleep. From any thread.
   *
   * @param poller what to poll
   * @return wakes and removes it
   */
  PollerHandle add(Poller poller);

  /**
   * Watches a file descriptor for something to read, as {@link #watch(int, int, ReadyHandler)}
   * does.
   *
   * @param descriptor an open file descriptor
   * @param handler what to run
   * @return ends the watch
   * @throws UnsupportedOperationException if this loop watches no descriptors
   * @throws dev.virtio4j.posix.PosixException if the kernel cannot watch this one (EPERM for a
   *     plain file)
   */
  default Registration watch(int descriptor, ReadyHandler handler) {
    return watch(descriptor, ReadyHandler.READABLE, handler);
  }

  /**
   * Watches a file descriptor, edge-triggered: the handler runs when it has become ready since, and
   * at once if it is ready now; also when the other side hangs up. From any thread. The descriptor
   * must stay open until the registration is closed. Called on another thread than the loop's, this
   * and the registration's {@code close()} wait for the loop: two loops must not watch for each
   * other both ways.
   *
   * <p>Who writes to a socket and may find it full asks for {@link ReadyHandler#WRITABLE} too. An
   * event counter is watched for {@link ReadyHandler#READABLE} alone: it always has room to write,
   * and would say so at each edge.
   *
   * @param descriptor an open file descriptor
   * @param interest {@link ReadyHandler#READABLE}, {@link ReadyHandler#WRITABLE}, or both
   * @param handler what to run
   * @return ends the watch
   * @throws IllegalArgumentException if the interest is none, or anything else
   * @throws UnsupportedOperationException if this loop watches no descriptors
   * @throws dev.virtio4j.posix.PosixException if the kernel cannot watch this one (EPERM for a
   *     plain file)
   */
  Registration watch(int descriptor, int interest, ReadyHandler handler);

  /**
   * File I/O whose completions arrive on this loop.
   *
   * @return the loop's own; used on the loop's thread alone
   */
  FileIo fileIo();
}
