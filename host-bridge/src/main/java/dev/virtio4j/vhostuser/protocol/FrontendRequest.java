package dev.virtio4j.vhostuser.protocol;

import java.util.Arrays;

/** What a front-end sends (vhost-user, "Front-end message types"). */
public enum FrontendRequest {
  /** Virtio features; replies with a number. */
  GET_FEATURES(1, 0, 0),
  /** Accepts Virtio features. */
  SET_FEATURES(2, 8, 0),
  /** Begins a session. */
  SET_OWNER(3, 0, 0),
  /** Deprecated. */
  RESET_OWNER(4, 0, 0),
  /** All of the guest's memory. */
  SET_MEM_TABLE(5, -1, -1),
  /** Where writes are logged. */
  SET_LOG_BASE(6, LogDescription.BYTES, 1),
  /** Told when writes were logged. */
  SET_LOG_FD(7, 0, 1),
  /** A ring's size. */
  SET_VRING_NUM(8, VringState.BYTES, 0),
  /** A ring's addresses, in the front-end's own address space. */
  SET_VRING_ADDR(9, VringAddresses.BYTES, 0),
  /** Where a ring stands. */
  SET_VRING_BASE(10, VringState.BYTES, 0),
  /** Stops a ring; replies with where it stands. */
  GET_VRING_BASE(11, VringState.BYTES, 0),
  /** A ring's doorbell. */
  SET_VRING_KICK(12, 8, -1),
  /** A ring's interrupt. */
  SET_VRING_CALL(13, 8, -1),
  /** Told when a ring is broken. */
  SET_VRING_ERR(14, 8, -1),
  /** Protocol features; replies with a number. */
  GET_PROTOCOL_FEATURES(15, 0, 0),
  /** Accepts protocol features. */
  SET_PROTOCOL_FEATURES(16, 8, 0),
  /** How many queues; replies with a number. */
  GET_QUEUE_NUM(17, 0, 0),
  /** Enables or disables a ring. */
  SET_VRING_ENABLE(18, VringState.BYTES, 0),
  /** Has a network device announce itself. */
  SEND_RARP(19, 8, 0),
  /** The guest's MTU. */
  NET_SET_MTU(20, 8, 0),
  /** The socket for the back-end's own requests. */
  SET_BACKEND_REQ_FD(21, 0, 1),
  /** Updates the IOTLB. */
  IOTLB_MSG(22, -1, 0),
  /** A ring's byte order. */
  SET_VRING_ENDIAN(23, VringState.BYTES, 0),
  /** Reads configuration space. */
  GET_CONFIG(24, -1, 0),
  /** Writes configuration space. */
  SET_CONFIG(25, -1, 0),
  /** Of a crypto device. */
  CREATE_CRYPTO_SESSION(26, -1, 0),
  /** Of a crypto device. */
  CLOSE_CRYPTO_SESSION(27, 8, 0),
  /** Asks for a userfaultfd. */
  POSTCOPY_ADVISE(28, 0, 0),
  /** Postcopy begins. */
  POSTCOPY_LISTEN(29, 0, 0),
  /** Postcopy is over. */
  POSTCOPY_END(30, 0, 0),
  /** Asks for a region for what is in flight; replies with its descriptor. */
  GET_INFLIGHT_FD(31, -1, 0),
  /** Brings the region for what is in flight. */
  SET_INFLIGHT_FD(32, -1, 1),
  /** A GPU's socket to its display. */
  GPU_SET_SOCKET(33, 0, 1),
  /** Resets the device. */
  RESET_DEVICE(34, 0, 0),
  /** A ring's doorbell, in band. */
  VRING_KICK(35, VringState.BYTES, 0),
  /** How many memory regions there may be; replies with a number. */
  GET_MAX_MEM_SLOTS(36, 0, 0),
  /** One more memory region. */
  ADD_MEM_REG(37, 8 + MemoryRegionDescription.BYTES, 1),
  /** One memory region less. */
  REM_MEM_REG(38, 8 + MemoryRegionDescription.BYTES, -1),
  /** Virtio's device status. */
  SET_STATUS(39, 8, 0),
  /** Virtio's device status; replies with a number. */
  GET_STATUS(40, 0, 0),
  /** Asks for a shared object. */
  GET_SHARED_OBJECT(41, 16, 0),
  /** Transfers the device's own state. */
  SET_DEVICE_STATE_FD(42, 8, 1),
  /** Whether the transfer of the state went well. */
  CHECK_DEVICE_STATE(43, 0, 0);

  private static final FrontendRequest[] BY_ID = new FrontendRequest[44];

  static {
    Arrays.stream(values()).forEach(request -> BY_ID[request.id] = request);
  }

  private final int id;
  private final int payloadBytes;
  private final int descriptors;

  FrontendRequest(int id, int payloadBytes, int descriptors) {
    this.id = id;
    this.payloadBytes = payloadBytes;
    this.descriptors = descriptors;
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
   * How long the payload is.
   *
   * @return bytes, or -1 if that depends on the payload
   */
  public int payloadBytes() {
    return payloadBytes;
  }

  /**
   * How many descriptors come with it.
   *
   * @return a number, or -1 if that depends on the payload
   */
  public int descriptors() {
    return descriptors;
  }

  /**
   * Finds a request.
   *
   * @param id the number on the wire, unsigned
   * @return the request, or null if it has none of these numbers
   */
  public static FrontendRequest of(int id) {
    return id > 0 && id < BY_ID.length ? BY_ID[id] : null;
  }
}
