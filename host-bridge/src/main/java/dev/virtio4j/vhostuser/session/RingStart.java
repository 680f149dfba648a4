package dev.virtio4j.vhostuser.session;

import dev.virtio4j.device.DeviceLifecycle;
import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.queue.QueueConfig;
import dev.virtio4j.queue.QueueState;
import dev.virtio4j.queue.RingFeatures;

/** From what the front-end has set of a ring, where the device's queue behind it is to start. */
final class RingStart {
  /** Both wrap counters 1, which a front-end that has not heard of them (UML) sends as 0. */
  private static final int PACKED_START = 0x8000_8000;

  private RingStart() {}

  /**
   * Puts the state together.
   *
   * @param ring with a size and addresses
   * @param lifecycle of its device, which has agreed on features
   * @param memory translates the front-end's addresses
   * @param guest the guest's memory as it is now
   * @return where the queue starts
   * @throws IllegalArgumentException if no queue can be there
   */
  static QueueState state(
      Ring ring, DeviceLifecycle lifecycle, SessionMemory memory, GuestMemory guest) {
    QueueConfig config =
        new QueueConfig(
            ring.size,
            memory.guestAddress(ring.addresses.descriptors()),
            memory.guestAddress(ring.addresses.available()),
            memory.guestAddress(ring.addresses.used()));
    RingFeatures features = RingFeatures.of(lifecycle.features());
    String problem = config.problem(features, lifecycle.device().maxQueueSize(ring.index), guest);
    if (problem != null) {
      throw new IllegalArgumentException(problem);
    }
    return features.packed() ? packed(ring, config) : split(ring, config, guest);
  }

  private static QueueState packed(Ring ring, QueueConfig config) {
    QueueState state =
        QueueState.fromPackedBase(
            config, ring.base == 0 && !ring.exactBase ? PACKED_START : ring.base);
    if (state.availIndex() >= ring.size || state.usedIndex() >= ring.size) {
      throw new IllegalArgumentException(
          "base 0x%x is past a ring of %d".formatted(ring.base, ring.size));
    }
    return state;
  }

  private static QueueState split(Ring ring, QueueConfig config, GuestMemory guest) {
    if (ring.base >>> 16 != 0) {
      throw new IllegalArgumentException(
          "base 0x%x of a split ring is more than 16 bits".formatted(ring.base));
    }
    return QueueState.fromSplitBase(config, ring.base, guest);
  }
}
