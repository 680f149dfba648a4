package dev.virtio4j.vhostuser.client;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.SplitDriverQueue;
import dev.virtio4j.posix.EventFd;
import dev.virtio4j.queue.QueueConfig;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import dev.virtio4j.vhostuser.protocol.VringAddresses;

/**
 * A ring and its notifications, as a front-end has them: they outlive the back-end that serves
 * them. Used by one thread.
 */
public final class FrontEndQueue implements AutoCloseable {
  /** A packed ring's base before it has run: both indices 0, both wrap counters 1. */
  private static final int PACKED_START = 0x8000_8000;

  private final int index;
  private final DriverQueue ring;
  private final EventFd kick;
  private final EventFd call;
  private final EventFd error;
  private long kicks;

  /**
   * Makes the notifications of a ring.
   *
   * @param index which ring of the device
   * @param ring the ring, in memory that the back-end is told of
   */
  public FrontEndQueue(int index, DriverQueue ring) {
    this.index = index;
    this.ring = ring;
    this.kick = EventFd.create();
    this.call = EventFd.create();
    this.error = EventFd.create();
  }

  /**
   * Which ring of the device it is.
   *
   * @return from 0 on
   */
  public int index() {
    return index;
  }

  /**
   * The ring.
   *
   * @return what requests are submitted to
   */
  public DriverQueue ring() {
    return ring;
  }

  /** Notifies the back-end. Allocates nothing. */
  public void kick() {
    kicks++;
    int unused = kick.signal(); // Full means that the back-end wakes anyway.
  }

  /**
   * How often the back-end was notified.
   *
   * @return the number so far
   */
  public long kicks() {
    return kicks;
  }

  /**
   * The interrupt's descriptor.
   *
   * @return an eventfd, which stays this object's
   */
  public int callDescriptor() {
    return call.descriptor();
  }

  /**
   * Takes the interrupts that came since the last time.
   *
   * @return how many
   */
  public long takeInterrupts() {
    return call.take();
  }

  /**
   * Tells whether the back-end has called the ring broken since the last time.
   *
   * @return true if it wrote the error descriptor
   */
  public boolean takeBroken() {
    return error.take() != 0;
  }

  /**
   * The base of a ring that has never run.
   *
   * @return 0, or both wrap counters of a packed ring
   */
  public int initialBase() {
    return ring.features().packed() ? PACKED_START : 0;
  }

  /**
   * The base after a back-end died: of a split ring the used index, from which the next one
   * resubmits what is in flight; a packed ring's comes from the inflight region, so this is the
   * initial one.
   *
   * @return the base
   */
  public int baseAfterCrash() {
    return ring instanceof SplitDriverQueue split ? split.ring().usedIndex() : PACKED_START;
  }

  /**
   * Has a back-end serve the ring: size, base, addresses, descriptors, and where protocol features
   * are negotiated the enabling.
   *
   * @param client the back-end
   * @param base where the ring stands
   */
  public void start(VhostUserClient client, int base) {
    client.setRingSize(index, ring.config().size());
    client.setRingBase(index, base);
    setAddresses(client);
    client.setRingKick(index, kick.descriptor());
    client.setRingCall(index, call.descriptor());
    client.setRingError(index, error.descriptor());
    if ((client.features() & ProtocolFeatures.F_PROTOCOL_FEATURES) != 0) {
      client.setRingEnabled(index, true);
    }
  }

  /**
   * SET_VRING_ADDR, with logging of the used ring while LOG_ALL is negotiated.
   *
   * @param client the back-end
   */
  public void setAddresses(VhostUserClient client) {
    DriverMemory memory = ring.memory();
    QueueConfig config = ring.config();
    boolean logged = (client.features() & ProtocolFeatures.F_LOG_ALL) != 0;
    client.setRingAddresses(
        new VringAddresses(
            index,
            logged ? VringAddresses.F_LOG : 0,
            memory.nativeAddress(config.descriptorArea()),
            memory.nativeAddress(config.deviceArea()),
            memory.nativeAddress(config.driverArea()),
            config.deviceArea()));
  }

  @Override
  public void close() {
    kick.close();
    call.close();
    error.close();
  }
}
