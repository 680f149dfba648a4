package dev.virtio4j.queue;

/**
 * How a guest broke a ring. The queue stays broken until it is reset.
 *
 * @param kind which rule was broken
 * @param detail a sentence with the numbers
 */
public record QueueFault(Kind kind, String detail) {
  /** The rules that a driver can break, and the failures that end a queue as well. */
  public enum Kind {
    /** The available index is more than the queue size ahead. */
    AVAILABLE_INDEX,
    /** A head names a descriptor past the table. */
    HEAD_INDEX,
    /** A next field names a descriptor past the table. */
    NEXT_INDEX,
    /** A chain is longer than allowed, perhaps for ever. */
    CHAIN_LENGTH,
    /** The head of a list was made available before the rest of it (packed). */
    PARTIAL_CHAIN,
    /** A chain's lengths sum up to more than 2^32 - 1 bytes in one direction. */
    TOTAL_LENGTH,
    /** A buffer or table is not wholly in guest memory. */
    ADDRESS,
    /** A device-readable descriptor follows a device-writable one. */
    ORDER,
    /** An indirect table where none may be, or of a bad length. */
    INDIRECT,
    /** More is in flight than the ring has room for. */
    IN_FLIGHT,
    /** A device refused the chain. */
    REFUSED,
    /** The memory behind a ring or a buffer has vanished: its file was truncated. */
    MEMORY_LOST,
    /** A device's own code failed while it served the queue. */
    DEVICE_FAILED
  }

  @Override
  public String toString() {
    return kind + ": " + detail;
  }
}
