package dev.virtio4j.vhostuser.session;

import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.vhostuser.RequestRefusedException;
import dev.virtio4j.vhostuser.protocol.ConfigRange;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** GET_CONFIG and SET_CONFIG. */
final class ConfigSpace {
  private static final int FLAGS_MIGRATION = 1;

  private final VirtioDevice device;

  ConfigSpace(VirtioDevice device) {
    this.device = device;
  }

  private static ConfigRange range(ByteBuffer payload) {
    if (payload.remaining() < ConfigRange.BYTES) {
      throw new ProtocolException(
          "a configuration range of %d bytes; its fields alone have %d"
              .formatted(payload.remaining(), ConfigRange.BYTES));
    }
    ConfigRange range = ConfigRange.read(payload);
    if (range.size() != payload.remaining()) {
      throw new ProtocolException(
          "a configuration range of %s bytes comes with %d"
              .formatted(Integer.toUnsignedString(range.size()), payload.remaining()));
    }
    return range;
  }

  private static boolean within(ConfigRange range, int end) {
    // The size is a payload's; the offset may be anything.
    return Integer.compareUnsigned(range.offset(), end) <= 0
        && range.size() <= end - range.offset();
  }

  /**
   * Answers GET_CONFIG. What is past the device's configuration space reads as zero, since QEMU
   * asks for as much as it knows; past the most that there may be, the answer is empty: an error.
   */
  Reply read(ByteBuffer payload) {
    ConfigRange range = range(payload);
    if (range.size() == 0 || !within(range, Math.max(ConfigRange.MAX_SIZE, device.configSize()))) {
      return Reply.of(Reply.buffer(0));
    }
    ByteBuffer bytes = Reply.buffer(ConfigRange.BYTES + range.size());
    range.write(bytes);
    int there = Math.max(0, Math.min(range.size(), device.configSize() - range.offset()));
    if (there > 0) {
      device.readConfig(
          range.offset(), bytes.slice(ConfigRange.BYTES, there).order(ByteOrder.LITTLE_ENDIAN));
    }
    return Reply.of(bytes.rewind());
  }

  /** Serves SET_CONFIG. */
  Reply write(ByteBuffer payload) {
    ConfigRange range = range(payload);
    if (range.size() == 0 || !within(range, device.configSize())) {
      throw new RequestRefusedException(
          "SET_CONFIG of %s bytes at %s of a configuration space of %d"
              .formatted(
                  Integer.toUnsignedString(range.size()),
                  Integer.toUnsignedString(range.offset()),
                  device.configSize()));
    }
    if (range.flags() != 0 && range.flags() != FLAGS_MIGRATION) {
      throw new RequestRefusedException(
          "SET_CONFIG with flags 0x%x; 0 and 1 have a meaning".formatted(range.flags()));
    }
    device.writeConfig(
        range.offset(), payload.asReadOnlyBuffer().slice().order(ByteOrder.LITTLE_ENDIAN));
    return Reply.NONE;
  }
}
