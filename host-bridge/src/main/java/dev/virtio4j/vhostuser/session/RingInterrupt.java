package dev.virtio4j.vhostuser.session;

import dev.virtio4j.device.QueueInterrupt;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Interrupts the guest for one ring: through the descriptor that the front-end set, through the
 * back-end's channel where notifications are in band, or not at all while neither is there.
 *
 * <p>Used on the ring's loop while the ring runs, else on the control loop.
 */
final class RingInterrupt implements QueueInterrupt {
  private final int ring;
  private final AtomicReference<BackendChannel> inband;
  private Notifier descriptor;

  /**
   * Makes one without a descriptor.
   *
   * @param ring which
   * @param inband where interrupts go that have no descriptor; empty for nowhere
   */
  RingInterrupt(int ring, AtomicReference<BackendChannel> inband) {
    this.ring = ring;
    this.inband = inband;
  }

  /**
   * Interrupts through a descriptor from now on.
   *
   * @param next taken over; null for none
   */
  void use(Notifier next) {
    close();
    descriptor = next;
  }

  @Override
  public void signal() {
    if (descriptor != null) {
      if (!descriptor.signal()) {
        close();
      }
    } else {
      signalInband();
    }
  }

  /** Interrupts the guest if that goes in band: on a channel that has just come. */
  void resignal() {
    if (descriptor == null) {
      signalInband();
    }
  }

  private void signalInband() {
    BackendChannel channel = inband.get();
    if (channel != null) {
      channel.interrupt(ring);
    }
  }

  void close() {
    if (descriptor != null) {
      descriptor.close();
      descriptor = null;
    }
  }
}
