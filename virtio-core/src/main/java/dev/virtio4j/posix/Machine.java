package dev.virtio4j.posix;

/** Which machine this is, where constants depend on it. */
final class Machine {
  static final boolean ARM64 = "aarch64".equals(System.getProperty("os.arch"));

  private Machine() {}
}
