package dev.virtio4j.vhostuser.session;

import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Mapping;
import dev.virtio4j.posix.MemFd;
import dev.virtio4j.posix.MemoryMap;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.queue.InflightLog;
import dev.virtio4j.vhostuser.protocol.InflightDescription;
import java.nio.ByteBuffer;

/**
 * The memory in which it stands what of each queue is in flight, kept by the front-end while a
 * back-end dies and another takes its place (vhost-user, "Inflight I/O tracking").
 */
final class InflightArea implements AutoCloseable {
  /** What each queue's part is a multiple of, so that no two share a cache line. */
  private static final int ALIGNMENT = 64;

  private final InflightDescription description;
  private final Fd file;
  private final Mapping mapping;

  private InflightArea(InflightDescription description, Fd file, Mapping mapping) {
    this.description = description;
    this.file = file;
    this.mapping = mapping;
  }

  /** Bytes of one queue's part, for either ring format, so that features may still change. */
  private static long stride(int queueSize) {
    int bytes = Math.max(InflightLog.bytes(false, queueSize), InflightLog.bytes(true, queueSize));
    return (bytes + ALIGNMENT - 1L) & -ALIGNMENT;
  }

  /**
   * Makes a zeroed area.
   *
   * @param queues how many
   * @param queueSize entries of each
   * @return the area
   */
  static InflightArea create(int queues, int queueSize) {
    long size = queues * stride(queueSize);
    Fd file = MemFd.create("virtio-inflight", size);
    return map(new InflightDescription(size, 0, queues, queueSize), file);
  }

  /**
   * Takes over an area that the front-end kept.
   *
   * @param description what it says of it
   * @param file the memory, taken over
   * @return the area
   */
  static InflightArea map(InflightDescription description, Fd file) {
    boolean done = false;
    try {
      long length = DescriptorKind.requireFile(file, "the inflight area").size();
      long size = description.mmapSize();
      long offset = description.mmapOffset();
      long due = description.queues() * stride(description.queueSize());
      if (size < due || offset < 0 || offset % ALIGNMENT != 0 || offset > length - size) {
        throw new ProtocolException(
            "%s in a file of %d bytes: %d queues of %d need %d bytes in it, from a multiple of %d"
                .formatted(
                    description,
                    length,
                    description.queues(),
                    description.queueSize(),
                    due,
                    ALIGNMENT));
      }
      Mapping mapping =
          Mapping.shared(
              file.value(), offset, Math.max(due, 1), MemoryMap.PROT_READ | MemoryMap.PROT_WRITE);
      done = true;
      return new InflightArea(description, file, mapping);
    } catch (PosixException e) {
      throw new ProtocolException("the inflight area cannot be mapped: " + e.getMessage());
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  InflightDescription description() {
    return description;
  }

  /** Another descriptor of the memory, for the front-end. */
  Fd descriptor() {
    return file.duplicate();
  }

  /** Whether there is a part for a queue. */
  boolean holds(int queue) {
    return queue < description.queues();
  }

  /** A queue's part. */
  ByteBuffer part(int queue) {
    long stride = stride(description.queueSize());
    return mapping.view(queue * stride, (int) stride);
  }

  boolean shrunk() {
    return DescriptorKind.of(file).size() - description.mmapOffset() < mapping.length();
  }

  @Override
  public void close() {
    mapping.close();
    file.close();
  }
}
