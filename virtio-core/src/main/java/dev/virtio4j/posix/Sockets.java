package dev.virtio4j.posix;

/** Sockets: families, types, flags and options on Linux. */
public final class Sockets {
  /** Sockets of this machine. */
  public static final int AF_UNIX = 1;

  /** A stream of bytes. */
  public static final int SOCK_STREAM = 1;

  /** A sequence of messages. */
  public static final int SOCK_SEQPACKET = 5;

  /** Never wait. */
  public static final int SOCK_NONBLOCK = 0x800;

  /** Not for child processes. */
  public static final int SOCK_CLOEXEC = 0x80000;

  /** The level of options and of SCM_RIGHTS. */
  public static final int SOL_SOCKET = 1;

  /** Descriptors travel with a message. */
  public static final int SCM_RIGHTS = 1;

  /** The socket's type. */
  public static final int SO_TYPE = 3;

  /** What went wrong, once. */
  public static final int SO_ERROR = 4;

  /** Bytes that may wait to be sent. */
  public static final int SO_SNDBUF = 7;

  /** Who connected. */
  public static final int SO_PEERCRED = 17;

  /** Does it listen? */
  public static final int SO_ACCEPTCONN = 30;

  /** The socket's family. */
  public static final int SO_DOMAIN = 39;

  /** Look without taking. */
  public static final int MSG_PEEK = 2;

  /** Control data was cut off: descriptors are lost. */
  public static final int MSG_CTRUNC = 8;

  /** A message was cut off. */
  public static final int MSG_TRUNC = 0x20;

  /** Never wait, this once. */
  public static final int MSG_DONTWAIT = 0x40;

  /** No SIGPIPE. */
  public static final int MSG_NOSIGNAL = 0x4000;

  /** Received descriptors are not for child processes. */
  public static final int MSG_CMSG_CLOEXEC = 0x40000000;

  /** Reading ends. */
  public static final int SHUT_RD = 0;

  /** Writing ends. */
  public static final int SHUT_WR = 1;

  /** Both end. */
  public static final int SHUT_RDWR = 2;

  /**
   * Descriptors that one message can carry; a limit of the kernel's that has no name outside it.
   */
  public static final int SCM_MAX_FD = 253;

  private Sockets() {}
}
