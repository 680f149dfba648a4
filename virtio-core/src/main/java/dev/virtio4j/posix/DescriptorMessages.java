package dev.virtio4j.posix;

import java.nio.ByteBuffer;

/**
 * Sends and receives bytes together with file descriptors over a stream socket. Used by one thread;
 * allocates nothing per message.
 *
 * <p>Every descriptor that arrives is this object's until it is taken: {@link #receive} and {@link
 * #close} close what was not.
 */
public final class DescriptorMessages implements AutoCloseable {
  private static final int ALIGNMENT = 8;

  private final int capacity;
  private final ByteBuffer memory;
  private final long header;
  private final long vector;
  private final long control;
  private final int vectorAt;
  private final int controlAt;
  private final int controlSize;

  private final int[] received;
  private int receivedCount;
  private boolean truncated;

  /**
   * Makes room for messages.
   *
   * @param maxDescriptors descriptors that one message may carry, 1 to 253
   */
  public DescriptorMessages(int maxDescriptors) {
    if (maxDescriptors < 1 || maxDescriptors > Sockets.SCM_MAX_FD) {
      throw new IllegalArgumentException(
          "descriptors in a message must be 1 to %d: %d"
              .formatted(Sockets.SCM_MAX_FD, maxDescriptors));
    }
    capacity = maxDescriptors;
    received = new int[maxDescriptors];
    // Not rounded up: the kernel would use the rest for one descriptor more.
    controlSize = ControlMessage.SIZE + Integer.BYTES * maxDescriptors;
    vectorAt = MessageHeader.SIZE;
    controlAt = vectorAt + IoVec.SIZE;
    memory = NativeMemory.allocate(controlAt + align(controlSize), ALIGNMENT);
    header = NativeMemory.address(memory);
    vector = header + vectorAt;
    control = header + controlAt;
  }

  private static int align(int size) {
    return (size + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /**
   * Receives bytes, without waiting, and the descriptors that came with them. What an earlier call
   * received and nobody took is closed first.
   *
   * @param socket a stream socket
   * @param address native address for the bytes
   * @param length how many at most
   * @return how many, 0 when the other side has closed, or a negative errno such as -EAGAIN
   */
  public long receive(int socket, long address, long length) {
    closeDescriptors();
    truncated = false;
    prepare(address, length, controlSize);
    long result = Libc.recvmsg(socket, header, Sockets.MSG_DONTWAIT | Sockets.MSG_CMSG_CLOEXEC);
    if (result < 0) {
      return -Libc.errno();
    }
    truncated = (memory.getInt(MessageHeader.MSG_FLAGS) & Sockets.MSG_CTRUNC) != 0;
    collect((int) memory.getLong(MessageHeader.MSG_CONTROLLEN));
    return result;
  }

  private void collect(int size) {
    int at = 0;
    while (size - at >= ControlMessage.SIZE) {
      int message = controlAt + at;
      int length = (int) memory.getLong(message + ControlMessage.CMSG_LEN);
      if (length < ControlMessage.SIZE || length > size - at) {
        return;
      }
      if (memory.getInt(message + ControlMessage.CMSG_LEVEL) == Sockets.SOL_SOCKET
          && memory.getInt(message + ControlMessage.CMSG_TYPE) == Sockets.SCM_RIGHTS) {
        int end = length - Integer.BYTES;
        for (int i = ControlMessage.SIZE; i <= end; i += Integer.BYTES) {
          received[receivedCount++] = memory.getInt(message + i);
        }
      }
      at += align(length);
    }
  }

  private void prepare(long address, long length, int controlLength) {
    memory.putLong(vectorAt + IoVec.IOV_BASE, address);
    memory.putLong(vectorAt + IoVec.IOV_LEN, length);
    memory.putLong(MessageHeader.MSG_NAME, 0);
    memory.putInt(MessageHeader.MSG_NAMELEN, 0);
    memory.putLong(MessageHeader.MSG_IOV, vector);
    memory.putLong(MessageHeader.MSG_IOVLEN, 1);
    memory.putLong(MessageHeader.MSG_CONTROL, controlLength == 0 ? 0 : control);
    memory.putLong(MessageHeader.MSG_CONTROLLEN, controlLength);
    memory.putInt(MessageHeader.MSG_FLAGS, 0);
  }

  /**
   * How many descriptors came with the last message.
   *
   * @return 0 to the maximum, taken or not
   */
  public int descriptors() {
    return receivedCount;
  }

  /**
   * Tells whether more descriptors came with the last message than there was room for. The kernel
   * has closed those.
   *
   * @return true if some were lost
   */
  public boolean truncated() {
    return truncated;
  }

  /**
   * Takes a descriptor of the last message.
   *
   * @param index which, from 0 to {@link #descriptors()} - 1
   * @return its owner
   * @throws IllegalStateException if it has been taken already
   */
  public Fd take(int index) {
    if (index < 0 || index >= receivedCount) {
      throw new IndexOutOfBoundsException("descriptor " + index + " of " + receivedCount);
    }
    int descriptor = received[index];
    if (descriptor < 0) {
      throw new IllegalStateException("descriptor " + index + " has been taken");
    }
    received[index] = -1;
    return Fd.of(descriptor);
  }

  /** Closes the descriptors of the last message that nobody took, and forgets all. */
  public void closeDescriptors() {
    for (int i = 0; i < receivedCount; i++) {
      if (received[i] >= 0) {
        int unused = Libc.close(received[i]); // Nothing to be done about an error here.
      }
    }
    receivedCount = 0;
  }

  /**
   * Sends bytes, without waiting, and descriptors with the first of them.
   *
   * @param socket a stream socket
   * @param address native address of the bytes
   * @param length how many, at least 1 if there are descriptors
   * @param descriptors open descriptors, which stay the caller's
   * @return how many bytes were sent, with all descriptors; or a negative errno such as -EAGAIN,
   *     with none
   */
  public long send(int socket, long address, long length, int... descriptors) {
    int count = descriptors.length;
    if (count > capacity) {
      throw new IllegalArgumentException(
          count + " descriptors in a message; there is room for " + capacity);
    }
    int size = ControlMessage.SIZE + Integer.BYTES * count;
    prepare(address, length, count == 0 ? 0 : align(size));
    if (count > 0) {
      memory.putLong(controlAt + ControlMessage.CMSG_LEN, size);
      memory.putInt(controlAt + ControlMessage.CMSG_LEVEL, Sockets.SOL_SOCKET);
      memory.putInt(controlAt + ControlMessage.CMSG_TYPE, Sockets.SCM_RIGHTS);
      for (int i = 0; i < count; i++) {
        memory.putInt(controlAt + ControlMessage.SIZE + Integer.BYTES * i, descriptors[i]);
      }
    }
    long result = Libc.sendmsg(socket, header, Sockets.MSG_DONTWAIT | Sockets.MSG_NOSIGNAL);
    return result < 0 ? -Libc.errno() : result;
  }

  /** Closes the descriptors that nobody took. */
  @Override
  public void close() {
    closeDescriptors();
  }
}
