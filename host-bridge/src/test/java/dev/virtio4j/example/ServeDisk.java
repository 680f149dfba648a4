package dev.virtio4j.example;

import dev.virtio4j.blk.BlockDevice;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.vhostuser.VhostUserServer;
import java.nio.file.Path;

class ServeDisk {
  public static void main(String[] args) {
    try (var loops = DeviceLoops.start(1);
        var disk = BlockDevice.builder(Path.of(args[0])).build();
        var server = VhostUserServer.builder(loops).export(disk, Path.of(args[1])).start()) {
      server.awaitClosed();
    }
  }
}
