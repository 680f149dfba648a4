package dev.virtio4j.device;

/** Tells the guest that buffers were used: an edge. */
@FunctionalInterface
public interface QueueInterrupt {
  /** Sends it. Must not block; on the queue's loop. */
  void signal();
}
