package dev.virtio4j.vhostuser.protocol;

/** VHOST_USER_PROTOCOL_F_ bits, and the two feature bits that vhost adds to Virtio's. */
public final class ProtocolFeatures {
  /** VHOST_USER_F_PROTOCOL_FEATURES, in the feature word of GET_FEATURES. */
  public static final long F_PROTOCOL_FEATURES = 1L << 30;

  /** VHOST_F_LOG_ALL, in the feature word: writes to guest memory are logged. */
  public static final long F_LOG_ALL = 1L << 26;

  /** GET_QUEUE_NUM. */
  public static final long MQ = 1L;

  /** SET_LOG_BASE brings a descriptor. */
  public static final long LOG_SHMFD = 1L << 1;

  /** SEND_RARP. */
  public static final long RARP = 1L << 2;

  /** Any message may ask for a reply. */
  public static final long REPLY_ACK = 1L << 3;

  /** NET_SET_MTU. */
  public static final long NET_MTU = 1L << 4;

  /** SET_BACKEND_REQ_FD, and messages that the back-end begins. */
  public static final long BACKEND_REQ = 1L << 5;

  /** SET_VRING_ENDIAN. */
  public static final long CROSS_ENDIAN = 1L << 6;

  /** CREATE_CRYPTO_SESSION and CLOSE_CRYPTO_SESSION. */
  public static final long CRYPTO_SESSION = 1L << 7;

  /** POSTCOPY_ADVISE, POSTCOPY_LISTEN, POSTCOPY_END. */
  public static final long PAGEFAULT = 1L << 8;

  /** GET_CONFIG, SET_CONFIG, BACKEND_CONFIG_CHANGE_MSG. */
  public static final long CONFIG = 1L << 9;

  /** The back-end's messages may bring descriptors. */
  public static final long BACKEND_SEND_FD = 1L << 10;

  /** BACKEND_VRING_HOST_NOTIFIER_MSG. */
  public static final long HOST_NOTIFIER = 1L << 11;

  /** GET_INFLIGHT_FD and SET_INFLIGHT_FD. */
  public static final long INFLIGHT_SHMFD = 1L << 12;

  /** RESET_DEVICE. */
  public static final long RESET_DEVICE = 1L << 13;

  /** VRING_KICK, BACKEND_VRING_CALL and BACKEND_VRING_ERR replace descriptors. */
  public static final long INBAND_NOTIFICATIONS = 1L << 14;

  /** GET_MAX_MEM_SLOTS, ADD_MEM_REG, REM_MEM_REG. */
  public static final long CONFIGURE_MEM_SLOTS = 1L << 15;

  /** SET_STATUS and GET_STATUS. */
  public static final long STATUS = 1L << 16;

  private ProtocolFeatures() {}
}
