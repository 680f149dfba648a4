package dev.virtio4j.device;

/** Serves one queue of a device, on the queue's loop. */
@FunctionalInterface
public interface QueueHandler {
  /**
   * Takes chains from the queue until {@link DeviceQueue#next()} returns null, or until it has to
   * wait for something. Must not block.
   *
   * <p>What it throws breaks the queue, such as an {@link InternalError} when a file behind guest
   * memory was truncated. The chain taken last is then regarded as finished: read what is needed of
   * it before starting I/O into it, and throw nothing after.
   */
  void process();

  /**
   * The queue is about to stop or pause: chains that may wait without end are to be completed soon;
   * those that wait for a disk or a peer complete as they do.
   */
  default void quiesce() {}
}
