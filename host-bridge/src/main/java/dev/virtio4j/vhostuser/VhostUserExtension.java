package dev.virtio4j.vhostuser;

import java.nio.ByteBuffer;

/**
 * A device type's own messages, beyond those that every vhost-user back-end knows, such as
 * SEND_RARP of a network device. Called on the server's control loop; nothing here may wait.
 */
public interface VhostUserExtension {
  /** Of devices that have no messages of their own. */
  VhostUserExtension NONE =
      new VhostUserExtension() {
        @Override
        public boolean takes(int request) {
          return false;
        }

        @Override
        public ByteBuffer handle(int request, ByteBuffer payload, int[] descriptors) {
          throw new IllegalArgumentException("request " + request);
        }
      };

  /**
   * The protocol features that these messages add to those that are offered.
   *
   * @return VHOST_USER_PROTOCOL_F_ bits
   */
  default long protocolFeatures() {
    return 0;
  }

  /**
   * Tells whether a request is one of these.
   *
   * @param request the number on the wire, unsigned
   * @return true if {@link #handle} serves it
   */
  boolean takes(int request);

  /**
   * Serves a request.
   *
   * @param request the number on the wire
   * @param payload all of it, in native byte order; valid during the call
   * @param descriptors what came with it; open during the call, to be duplicated by who keeps one
   * @return the reply's payload, or null if the request has none of its own
   * @throws RequestRefusedException if the request is not fulfilled; the front-end is told so where
   *     it asked for a reply, and the connection goes on
   * @throws IllegalArgumentException if the message is not one that a front-end may send, which
   *     ends the connection with a line in the log
   * @throws java.nio.BufferUnderflowException if the payload is too short, with the same end.
   *     Anything else that is thrown is the extension's own fault: the connection ends too, and the
   *     log has the stack
   */
  ByteBuffer handle(int request, ByteBuffer payload, int[] descriptors);
}
