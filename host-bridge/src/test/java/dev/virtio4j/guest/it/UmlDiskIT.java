package dev.virtio4j.guest.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.BlockDevice;
import dev.virtio4j.guest.GuestParts;
import dev.virtio4j.guest.ScriptResult;
import dev.virtio4j.guest.UmlGuest;
import dev.virtio4j.testing.Requires;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UmlDiskIT {
  private static final long MIB = 1 << 20;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void aGuestUsesTwoDisksInAllTheirWays(RingFormat format) throws Exception {
    GuestParts parts = Requires.uml();
    Path image = Images.sparse(folder.resolve("disk.img"), 64 * MIB);
    Path frozen = folder.resolve("frozen.img");
    byte[] content = new byte[300 * 512];
    new Random(1).nextBytes(content);
    Files.write(frozen, content);
    try (ServedDisks served =
            new ServedDisks(
                folder,
                format.hidden(),
                BlockDevice.builder(image).serial("uml-disk-0123456789a").build(),
                BlockDevice.builder(frozen).readOnly(true).build());
        UmlGuest guest =
            UmlGuest.builder(parts).disk(served.socket(0)).disk(served.socket(1)).boot()) {
      DiskSteps steps = new DiskSteps(guest);

      ScriptResult identity = steps.identity();
      // A serial number of all 20 bytes has no end mark.
      assertThat(identity.value("serial")).isEqualTo("uml-disk-0123456789a");
      assertThat(identity.value("sectors")).isEqualTo(Long.toString(64 * MIB / 512));
      assertThat(RingFormat.of(identity.value("features"))).isEqualTo(format);

      steps.makeFiles(12);
      steps.checkFiles();

      long before = Images.allocated(image);
      steps.trim();
      long after = Images.allocated(image);
      assertThat(before - after).as("bytes that trimming gave back").isGreaterThan(20 * MIB);
      steps.checkFiles();

      assertThat(served.writeback(0)).isTrue();
      steps.cacheType("write through");
      assertThat(served.writeback(0)).isFalse();
      steps.makeFiles(3);
      steps.cacheType("write back");
      assertThat(served.writeback(0)).isTrue();
      steps.checkFiles();

      steps.grow(served, 96 * MIB);
      steps.checkFiles();
      assertThat(lastBlock(image)).startsWith("end\n");

      steps.refuseWrites("/dev/vdb", frozen);

      guest.run("dd if=/dev/vda of=/dev/null bs=1M", DiskSteps.SOON).requireSuccess();
      steps.reloadDriver(3);
      steps.makeFiles(2);
      steps.checkFiles();
      guest.powerOff(DiskSteps.SOON);

      served.awaitHungUp(0);
      served.awaitHungUp(1);
      assertThat(served.errors(0)).isEmpty();
      assertThat(served.errors(1)).isEmpty();
    }
    assertThat(Files.readAllBytes(frozen)).isEqualTo(content);
  }

  private static String lastBlock(Path image) throws Exception {
    try (FileChannel channel = FileChannel.open(image)) {
      ByteBuffer block = ByteBuffer.allocate(4096);
      channel.read(block, channel.size() - 4096);
      return new String(block.array(), java.nio.charset.StandardCharsets.ISO_8859_1);
    }
  }
}
