package dev.virtio4j.posix;

/** Anonymous files in memory, to be shared by their descriptor. */
public final class MemFd {
  private MemFd() {}

  /**
   * Makes one that can grow and never shrink, so that a mapping of it is safe.
   *
   * @param name for /proc
   * @param size bytes
   * @return its owner
   * @throws PosixException if it cannot be made
   */
  public static Fd create(String name, long size) {
    Fd fd =
        Fd.of(
            Libc.check(
                Libc.memfd_create(
                    Libc.string(name), MemFdFlags.MFD_CLOEXEC | MemFdFlags.MFD_ALLOW_SEALING),
                "memfd_create " + name));
    try {
      Libc.check(Libc.ftruncate(fd.value(), size), "ftruncate of " + name + " to " + size);
      Libc.check(
          Libc.fcntl(fd.value(), FileControl.F_ADD_SEALS, FileControl.F_SEAL_SHRINK),
          "fcntl F_ADD_SEALS of " + name);
      return fd;
    } catch (PosixException e) {
      fd.close();
      throw e;
    }
  }
}
