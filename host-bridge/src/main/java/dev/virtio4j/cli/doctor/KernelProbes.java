package dev.virtio4j.cli.doctor;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Libc;

/** Asks the kernel, by opening and closing again. Linux alone. */
final class KernelProbes {
  /** O_RDWR | O_CLOEXEC, the same on x86-64 and arm64. */
  private static final int OPEN_FLAGS = 2 | 02000000;

  /** {@code _IO(KVMIO, 0x00)}. */
  private static final long KVM_GET_API_VERSION = 0xae00;

  private KernelProbes() {}

  /**
   * Opens a device.
   *
   * @return null if that went well, else why not
   */
  static String open(String path) {
    int descriptor = Libc.open(Libc.string(path), OPEN_FLAGS, 0);
    if (descriptor < 0) {
      return Errno.text(Libc.errno());
    }
    Libc.close(descriptor);
    return null;
  }

  /**
   * Asks KVM for its version.
   *
   * @return null if it is the one that there is, else why not
   */
  static String kvm() {
    int descriptor = Libc.open(Libc.string("/dev/kvm"), OPEN_FLAGS, 0);
    if (descriptor < 0) {
      return Errno.text(Libc.errno());
    }
    int version = Libc.ioctl(descriptor, KVM_GET_API_VERSION, 0);
    Libc.close(descriptor);
    return version == 12 ? null : "its API version is " + version + ", not 12";
  }
}
