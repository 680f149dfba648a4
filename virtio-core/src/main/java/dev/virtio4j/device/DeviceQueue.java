package dev.virtio4j.device;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.queue.BufferChain;

/**
 * A running queue as a device sees it. Notifications of both directions are taken care of. Used on
 * the queue's loop alone.
 */
public interface DeviceQueue {
  /**
   * Which queue.
   *
   * @return its index in the device
   */
  int index();

  /**
   * The queue's size.
   *
   * @return entries; no more chains than this are in flight
   */
  int size();

  /**
   * The loop that the queue sits on.
   *
   * @return one thread's loop
   */
  DeviceLoop loop();

  /**
   * What driver and device agreed upon.
   *
   * @return feature bits 0 to 63
   */
  long features();

  /**
   * Takes the next chain. Only inside {@link QueueHandler#process}, which is called when there may
   * be some.
   *
   * @return the chain, or null if it is time to return
   */
  BufferChain next();

  /**
   * Gives a chain back to the guest, now or later, in any order.
   *
   * @param chain one that {@link #next()} returned
   * @param written bytes written into its device-writable part, from its start
   */
  void complete(BufferChain chain, long written);

  /**
   * Breaks the queue, for a chain that no status can answer.
   *
   * @param detail a sentence that says what was wrong
   */
  void refuse(String detail);

  /**
   * Has {@link QueueHandler#process} called again soon, for handlers that left chains in the ring.
   */
  void wake();
}
