package dev.virtio4j.guest.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.BlockDevice;
import dev.virtio4j.guest.GuestParts;
import dev.virtio4j.guest.UmlGuest;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.posix.OpenDescriptors;
import dev.virtio4j.testing.Requires;
import dev.virtio4j.vhostuser.ExportConfig;
import dev.virtio4j.vhostuser.VhostUserServer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** User-mode Linux takes in-band notifications where they are offered, and sets no descriptors. */
class UmlInbandIT {
  private static final long MIB = 1 << 20;

  @TempDir Path folder;

  @Test
  void aGuestUsesADiskWithoutDoorbellOrInterrupt() throws Exception {
    GuestParts parts = Requires.uml();
    Path image = Images.sparse(folder.resolve("disk.img"), 64 * MIB);
    Path socket = folder.resolve("s");
    try (DeviceLoops loops = DeviceLoops.start(2);
        BlockDevice disk = BlockDevice.builder(image).build();
        VhostUserServer server =
            VhostUserServer.builder(loops)
                .export(ExportConfig.builder(disk).socket(socket).inband(true).build())
                .start()) {
      long sockets = OpenDescriptors.count("socket:");
      try (UmlGuest guest = UmlGuest.builder(parts).disk(socket).boot()) {
        // The connection and the back-end's channel; an interrupt would be a third.
        assertThat(OpenDescriptors.count("socket:") - sockets).isEqualTo(2);
        DiskSteps steps = new DiskSteps(guest);
        steps.makeFiles(8);
        steps.checkFiles();
        steps.reloadDriver(1);
        steps.makeFiles(2);
        steps.checkFiles();
        guest.powerOff(DiskSteps.SOON);
      }
      assertThat(server.exports()).hasSize(1);
    }
  }
}
