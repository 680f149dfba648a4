package dev.virtio4j.vhostuser.protocol;

/** What a back-end sends on the socket of SET_BACKEND_REQ_FD ("Back-end message types"). */
public enum BackendRequest {
  /** An IOTLB miss. */
  IOTLB_MSG(1),
  /** The configuration space has changed. */
  CONFIG_CHANGE_MSG(2),
  /** A doorbell to map. */
  VRING_HOST_NOTIFIER_MSG(3),
  /** A ring's interrupt, in band. */
  VRING_CALL(4),
  /** A ring is broken, in band. */
  VRING_ERR(5);

  private final int id;

  BackendRequest(int id) {
    this.id = id;
  }

  /**
   * The number on the wire.
   *
   * @return 1 or more
   */
  public int id() {
    return id;
  }

  /**
   * Finds a request.
   *
   * @param id the number on the wire, unsigned
   * @return the request, or null if it has none of these numbers
   */
  public static BackendRequest of(int id) {
    return id > 0 && id <= values().length ? values()[id - 1] : null;
  }
}
