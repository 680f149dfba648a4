package dev.virtio4j.device;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A Virtio device, as its author writes it. It knows its own requests and nothing of how the guest
 * reaches it: the same object serves a virtual machine of this JVM, QEMU over vhost-user, or
 * another hypervisor.
 *
 * <pre>
 *             activate            startQueue(0..n)
 *   inactive ----------> active ------------------> serving
 *      ^                   |  ^                        |
 *      |      reset        |  |   every queue stopped  |
 *      +-------------------+  +------------------------+
 * </pre>
 *
 * <p>Methods are called by one control thread at a time, except where they say otherwise. Queues
 * are started and stopped one by one, in any order, also while others run (RING_RESET, multi-queue,
 * vhost-user's ring enable). A {@link QueueHandler} is called on its queue's loop alone.
 */
public interface VirtioDevice extends AutoCloseable {
  /**
   * The device type (Virtio 1.4, 5).
   *
   * @return the device id, such as 2 for a block device
   */
  int deviceId();

  /**
   * The features that this device offers, those of its rings included (see {@link
   * VirtioFeatures#RINGS}). Constant while the device lives.
   *
   * @return feature bits 0 to 63
   */
  long features();

  /**
   * Says what is wrong with a choice of features, beyond bits that were not offered.
   *
   * @param driverFeatures what the driver accepted, a subset of {@link #features()}
   * @return null if the device can work so, else a sentence
   */
  default String featureProblem(long driverFeatures) {
    return null;
  }

  /**
   * How many queues there are.
   *
   * @return 1 or more
   */
  int queues();

  /**
   * The largest size that a queue may have.
   *
   * @param index which queue, 0 to {@link #queues()} - 1
   * @return a power of two, 1 to 32768
   */
  int maxQueueSize(int index);

  /**
   * How long the device-specific configuration space is.
   *
   * @return bytes, 0 where there is none
   */
  int configSize();

  /**
   * Reads configuration space. From any thread, at any time (Virtio 1.4, 2.5.1).
   *
   * @param offset bytes from its start
   * @param target filled from its position to its limit; the range is inside {@link #configSize()}
   */
  void readConfig(int offset, ByteBuffer target);

  /**
   * Writes configuration space. What lies in read-only fields is ignored. From any thread.
   *
   * @param offset bytes from its start
   * @param source taken from its position to its limit; the range is inside {@link #configSize()}
   */
  default void writeConfig(int offset, ByteBuffer source) {}

  /**
   * Features are agreed upon, before {@link #activate}: what the configuration space tells may
   * depend on them. Called again when a driver agrees anew before the device is active.
   *
   * @param driverFeatures what {@link #featureProblem(long)} found nothing wrong with
   */
  default void featuresAgreed(long driverFeatures) {}

  /**
   * Features are agreed upon; queues may be started from here on.
   *
   * @param context what the device is handed
   */
  void activate(DeviceContext context);

  /**
   * Starts serving a queue.
   *
   * @param queue the running queue
   * @return serves it, on its loop
   */
  QueueHandler startQueue(DeviceQueue queue);

  /**
   * Back to the state before {@link #activate}. Every queue has been stopped; perhaps the device
   * was never activated.
   *
   * @return completes when the device holds nothing of the guest's
   */
  default CompletionStage<Void> reset() {
    return CompletableFuture.completedStage(null);
  }

  /**
   * The device's own state, for save and migration, while no queue runs.
   *
   * @return bytes that begin with a version of their own; empty where the device has no state
   */
  default byte[] save() {
    return new byte[0];
  }

  /**
   * Takes over a state, while no queue runs.
   *
   * @param state what {@link #save()} of the same or an older version returned
   * @throws IllegalArgumentException if it is not such a state
   */
  default void restore(byte[] state) {
    if (state.length != 0) {
      throw new IllegalArgumentException(
          "this device has no state, but got " + state.length + " bytes");
    }
  }

  /**
   * What the device has counted. From any thread.
   *
   * @return its own figures, those of its requests; the framework adds those of the queues
   */
  default CompletionStage<List<Metric>> metrics() {
    return CompletableFuture.completedStage(List.of());
  }

  /** Lets go of back-ends: files, sockets. The device is not used afterwards. */
  @Override
  default void close() {}
}
