package dev.virtio4j.vhostuser.session;

import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.vhostuser.protocol.InflightDescription;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;

/** The requests about the memory that keeps what is in flight (vhost-user, "Inflight I/O"). */
final class InflightRequests {
  private final VirtioDevice device;
  private final Rings rings;

  /**
   * Makes them.
   *
   * @param device what is served
   * @param rings use the memory
   */
  InflightRequests(VirtioDevice device, Rings rings) {
    this.device = device;
    this.rings = rings;
  }

  /** GET_INFLIGHT_FD: makes the memory, uses it, and gives it to the front-end to keep. */
  CompletionStage<Reply> get(Message message) {
    InflightDescription asked = read(message);
    check(asked);
    InflightArea area = InflightArea.create(asked.queues(), asked.queueSize());
    // The padding's bytes are asked for by who sent them.
    ByteBuffer payload = Reply.buffer(message.payload().capacity());
    area.description().write(payload);
    payload.rewind();
    return rings.inflight(area).thenApply(used -> new Reply(payload, area.descriptor()));
  }

  /** SET_INFLIGHT_FD: uses memory that the front-end kept. */
  CompletionStage<Void> set(Message message) {
    InflightDescription description = read(message);
    check(description);
    return rings.inflight(InflightArea.map(description, message.take()));
  }

  private static InflightDescription read(Message message) {
    int bytes = message.payload().capacity();
    if (bytes != InflightDescription.BYTES && bytes != InflightDescription.PADDED_BYTES) {
      throw new ProtocolException(
          "%s has a payload of %d bytes; %d or %d are due"
              .formatted(
                  message, bytes, InflightDescription.BYTES, InflightDescription.PADDED_BYTES));
    }
    return InflightDescription.read(message.payload());
  }

  private void check(InflightDescription description) {
    int largest = 0;
    for (int i = 0; i < device.queues(); i++) {
      largest = Math.max(largest, device.maxQueueSize(i));
    }
    if (description.queues() < 1
        || description.queues() > device.queues()
        || description.queueSize() < 1
        || description.queueSize() > largest) {
      throw new ProtocolException(
          "an inflight area for %d queues of %d; the device has %d of at most %d"
              .formatted(description.queues(), description.queueSize(), device.queues(), largest));
    }
  }
}
