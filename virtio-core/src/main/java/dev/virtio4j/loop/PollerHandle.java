package dev.virtio4j.loop;

/** A poller's place in its loop. */
public interface PollerHandle extends Registration {
  /** Makes the loop poll it soon. From any thread; cheap when it is awake already. */
  void wake();
}
