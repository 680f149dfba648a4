package dev.virtio4j.cli.spec;

import com.fasterxml.jackson.databind.JsonNode;
import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.device.VirtioDeviceProvider;
import java.util.List;

/** A device type that has options and makes nothing. */
final class StubProvider implements VirtioDeviceProvider {
  @Override
  public String name() {
    return "blk";
  }

  @Override
  public List<Option> options() {
    return List.of(
        new Option("image", "PATH", "the disk image", true),
        new Option("queues", "N", "how many queues", false),
        new Option("serial", "TEXT", "what the guest reads as serial", false));
  }

  @Override
  public VirtioDevice create(JsonNode options) {
    throw new UnsupportedOperationException();
  }
}
