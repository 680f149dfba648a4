package dev.virtio4j.posix;

/** {@code struct sockaddr_un}: offsets in bytes. */
public final class UnixAddress {
  /** Bytes of the whole. */
  public static final int SIZE = 110;

  /** sa_family_t, 16 bit. */
  public static final int SUN_FAMILY = 0;

  /** char[108]: the path, and a zero byte. */
  public static final int SUN_PATH = 2;

  private UnixAddress() {}
}
