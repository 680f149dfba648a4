package dev.virtio4j.memory;

/**
 * Where writes to guest memory are recorded while the guest is being migrated.
 *
 * <p>A device's writes are marked before the used index that announces them is published
 * (vhost-user, "Migration"). Called from the loop of every queue, so implementations are safe for
 * several threads and do not allocate.
 */
@FunctionalInterface
public interface DirtyLog {
  /** Records nothing. */
  DirtyLog NONE = (address, length) -> {};

  /**
   * Marks every page that a range touches.
   *
   * @param guestAddress guest-physical address of the first byte written, unsigned
   * @param length bytes written, 1 or more
   */
  void mark(long guestAddress, long length);
}
