package dev.virtio4j.blk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.testing.Normative;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OfferedFeaturesTest {
  private static final long KNOWN =
      VirtioFeatures.RINGS
          | VirtioBlk.F_SIZE_MAX
          | VirtioBlk.F_SEG_MAX
          | VirtioBlk.F_GEOMETRY
          | VirtioBlk.F_RO
          | VirtioBlk.F_BLK_SIZE
          | VirtioBlk.F_FLUSH
          | VirtioBlk.F_TOPOLOGY
          | VirtioBlk.F_CONFIG_WCE
          | VirtioBlk.F_MQ
          | VirtioBlk.F_DISCARD
          | VirtioBlk.F_WRITE_ZEROES;

  enum Setup {
    PLAIN,
    READ_ONLY,
    SEVERAL_QUEUES,
    NO_SYNC,
    NO_DISCARD
  }

  @ParameterizedTest
  @EnumSource
  @Normative("Basic Facilities of a Virtio Device / Feature Bits:1")
  @Normative("Basic Facilities of a Virtio Device / Feature Bits:3")
  @Normative("Reserved Feature Bits:1")
  void whatIsOfferedIsKnownAndComplete(Setup setup, @TempDir Path folder) throws IOException {
    BlockDeviceBuilder builder =
        BlockDevice.builder(Files.write(folder.resolve("disk.img"), new byte[1 << 20]));
    switch (setup) {
      case PLAIN -> {}
      case READ_ONLY -> builder.readOnly(true);
      case SEVERAL_QUEUES -> builder.queues(4);
      case NO_SYNC -> builder.sync(SyncMode.NONE);
      case NO_DISCARD -> builder.discard(false);
    }
    try (BlockDevice device = builder.build()) {
      long offered = device.features();
      assertThat(offered & VirtioFeatures.VERSION_1).isNotZero();
      assertThat(offered & ~KNOWN).isZero();
      if ((offered & VirtioBlk.F_CONFIG_WCE) != 0) {
        assertThat(offered & VirtioBlk.F_FLUSH).isNotZero();
      }
      assertThat((offered & VirtioBlk.F_MQ) != 0).isEqualTo(device.queues() > 1);
      assertThat((offered & VirtioBlk.F_RO) != 0).isEqualTo(setup == Setup.READ_ONLY);
    }
  }
}
