package dev.virtio4j.vhostuser.protocol;

import java.nio.ByteBuffer;

/**
 * What every message begins with.
 *
 * @param request the number of a {@link FrontendRequest} or {@link BackendRequest}
 * @param flags version, REPLY and NEED_REPLY
 * @param size bytes of payload that follow, unsigned
 */
public record MessageHeader(int request, int flags, int size) {
  /** Bytes of a header. */
  public static final int BYTES = 12;

  /** The protocol's version, in bits 0 and 1 of the flags. */
  public static final int VERSION = 1;

  /** The bits of the version. */
  public static final int VERSION_MASK = 3;

  /** This is a reply. */
  public static final int REPLY = 1 << 2;

  /** The sender wants a reply (REPLY_ACK). */
  public static final int NEED_REPLY = 1 << 3;

  /** Descriptors that may come with one message (VHOST_MEMORY_BASELINE_NREGIONS). */
  public static final int MAX_DESCRIPTORS = 8;

  /**
   * Reads one.
   *
   * @param source in native byte order, with at least {@link #BYTES} bytes left
   * @return the header
   */
  public static MessageHeader read(ByteBuffer source) {
    return new MessageHeader(source.getInt(), source.getInt(), source.getInt());
  }

  /**
   * Writes it.
   *
   * @param target in native byte order
   */
  public void write(ByteBuffer target) {
    target.putInt(request).putInt(flags).putInt(size);
  }

  /**
   * Tells whether the version is the one that both ends know.
   *
   * @return true if so
   */
  public boolean knownVersion() {
    return (flags & VERSION_MASK) == VERSION;
  }

  /**
   * Tells whether this is a reply.
   *
   * @return true if REPLY is set
   */
  public boolean isReply() {
    return (flags & REPLY) != 0;
  }

  /**
   * Tells whether a reply is wanted.
   *
   * @return true if NEED_REPLY is set
   */
  public boolean needsReply() {
    return (flags & NEED_REPLY) != 0;
  }

  /**
   * The header of the reply to this; its flags are version and REPLY alone, as UML insists.
   *
   * @param payloadBytes bytes of the reply's payload
   * @return the header
   */
  public MessageHeader reply(int payloadBytes) {
    return new MessageHeader(request, VERSION | REPLY, payloadBytes);
  }
}
