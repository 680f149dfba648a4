package dev.virtio4j.vhostuser.session;

import dev.virtio4j.posix.Fd;
import dev.virtio4j.vhostuser.protocol.VringAddresses;
import java.util.concurrent.atomic.AtomicReference;

/** What the front-end has set of one ring. Nothing in it has been checked against the others. */
final class Ring {
  final int index;
  final RingInterrupt interrupt;

  /** Entries; 0 until it is set. */
  int size;

  /** Null until they are set. */
  VringAddresses addresses;

  /** Where the ring stands, in the form of SET_VRING_BASE. */
  int base;

  /** 0 as base of a packed ring is where the ring stands, rather than a way to say 'its start'. */
  boolean exactBase;

  /** The front-end was told where the ring stands, and knows of wrap counters therefore. */
  boolean told;

  /** The guest's doorbell; null if there is none, or none yet. */
  Fd kick;

  /** It was set that there is no doorbell: the ring is looked at now and then. */
  boolean polled;

  /** A doorbell was set, or that there is none, or a kick came in band: the ring may run. */
  boolean kicked;

  /** Rings the queue; null while nothing does. */
  Doorbell doorbell;

  /** Told when the ring is broken; may be null. */
  Notifier error;

  boolean enabled;

  /** The guest broke it, or it could not be started: it waits to be set up anew. */
  boolean broken;

  Ring(int index, AtomicReference<BackendChannel> inband) {
    this.index = index;
    this.interrupt = new RingInterrupt(index, inband);
  }

  /** Whether all is there that it needs to run. */
  boolean ready() {
    return enabled && kicked && !broken && size != 0 && addresses != null;
  }

  /** Whether other addresses are the same but for the log's. */
  boolean sameAreas(VringAddresses other) {
    return addresses != null
        && addresses.descriptors() == other.descriptors()
        && addresses.available() == other.available()
        && addresses.used() == other.used();
  }

  /** Closes the descriptors. Nobody watches the doorbell any more, and the ring has stopped. */
  void close() {
    closeKick();
    if (error != null) {
      error.close();
      error = null;
    }
    interrupt.close();
  }

  void closeKick() {
    kicked = false;
    polled = false;
    if (kick != null) {
      kick.close();
      kick = null;
    }
  }
}
