package dev.virtio4j.blk;

import static dev.virtio4j.blk.BlkDriver.IOERR;
import static dev.virtio4j.blk.BlkDriver.OK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.blk.BlkDriver.Shape;
import dev.virtio4j.testing.Normative;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigSpaceTest {
  @TempDir Path folder;

  private Path image(int bytes) {
    try {
      return Files.write(folder.resolve("disk.img"), new byte[bytes]);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private BlockDevice device(int bytes) {
    return BlockDevice.builder(image(bytes)).queues(3).build();
  }

  private static long number(BlkDriver driver, int offset, int bytes) {
    var config = driver.config(offset, bytes);
    return switch (bytes) {
      case 1 -> config.get() & 0xff;
      case 2 -> config.getShort() & 0xffff;
      case 4 -> config.getInt();
      default -> config.getLong();
    };
  }

  @Test
  void tellsSizeGeometryAndTopology_B0058_B0113_B0136_B0184() {
    try (BlkDriver driver = new BlkDriver(device(1 << 20), Shape.SPLIT).start()) {
      assertThat(number(driver, VirtioBlk.CONFIG_CAPACITY, 8)).isEqualTo(2048);
      assertThat(number(driver, VirtioBlk.CONFIG_BLK_SIZE, 4)).isEqualTo(512);
      assertThat(number(driver, VirtioBlk.CONFIG_PHYSICAL_BLOCK_EXP, 1)).isBetween(0L, 7L);
      assertThat(number(driver, VirtioBlk.CONFIG_GEOMETRY, 2)).isEqualTo(2048 / (16 * 63));
      assertThat(number(driver, VirtioBlk.CONFIG_GEOMETRY + 2, 1)).isEqualTo(16);
      assertThat(number(driver, VirtioBlk.CONFIG_GEOMETRY + 3, 1)).isEqualTo(63);
      assertThat(number(driver, VirtioBlk.CONFIG_NUM_QUEUES, 2)).isEqualTo(3);
      assertThat(driver.device.features() & VirtioBlk.F_MQ).isNotZero();
    }
  }

  @Test
  @Normative("Device Types / Block Device / Device Initialization:3")
  @Normative("Device Types / Block Device / Device Initialization:4")
  @Normative("Device Types / Block Device / Device Initialization:5")
  @Normative("Device Types / Block Device / Device Operation:14")
  void paddingAndZonedFieldsAreZero() {
    try (BlkDriver driver = new BlkDriver(device(1 << 20), Shape.SPLIT).start()) {
      assertThat(number(driver, 33, 1)).isZero();
      assertThat(driver.config(57, 3).array()).containsOnly(0);
      assertThat(driver.config(60, 36).array()).containsOnly(0);
      assertThat(driver.device.features() & (1L << 17 | 1L << 16 | 1L << 15)).isZero();
    }
  }

  @Test
  void onlyWritebackCanBeWritten_B0135() {
    try (BlkDriver driver = new BlkDriver(device(1 << 20), Shape.SPLIT).start()) {
      byte[] before = driver.config(0, VirtioBlk.CONFIG_BYTES).array();
      byte[] ones = new byte[VirtioBlk.CONFIG_BYTES];
      java.util.Arrays.fill(ones, (byte) 0xff);
      driver.device.writeConfig(0, java.nio.ByteBuffer.wrap(ones));
      assertThat(driver.config(0, VirtioBlk.CONFIG_BYTES).array()).isEqualTo(before);
    }
  }

  @Test
  void readsAnyPartOfIt() {
    try (BlkDriver driver = new BlkDriver(device(1 << 20), Shape.SPLIT).start()) {
      byte[] all = driver.config(0, VirtioBlk.CONFIG_BYTES).array();
      for (int from = 0; from < all.length; from += 7) {
        for (int length = 0; length <= all.length - from; length += 5) {
          assertThat(driver.config(from, length).array())
              .isEqualTo(java.util.Arrays.copyOfRange(all, from, from + length));
        }
      }
    }
  }

  @Test
  @Normative("Device Types / Block Device / Device Operation:1")
  @Normative("Device Types / Block Device / Device Operation:2")
  void growsWhileInUse() {
    try (BlkDriver driver = new BlkDriver(device(1 << 20), Shape.SPLIT).start()) {
      assertThat(driver.write(2048, new byte[512])).isEqualTo(IOERR);
      driver.device.resize(2 << 20);
      assertThat(driver.configChanges).isEqualTo(1);
      assertThat(number(driver, VirtioBlk.CONFIG_CAPACITY, 8)).isEqualTo(4096);
      assertThat(driver.write(4095, new byte[512])).isEqualTo(OK);
      assertThat(driver.read(2048, 2048 * 512)).isEqualTo(OK);
      assertThat(driver.bytes(2048 * 512)).containsOnly(0);
      assertThat(folder.resolve("disk.img")).hasSize(2 << 20);
    }
  }

  @Test
  void neverShrinks() {
    try (BlockDevice device = device(1 << 20)) {
      assertThatThrownBy(() -> device.resize(1 << 19))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("only grow");
      assertThatThrownBy(() -> device.resize((1 << 20) + 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("multiple");
      assertThat(device.capacity()).isEqualTo(2048);
    }
  }

  @Test
  void blockSizeIsTheUsersOrTheImages() {
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(image(1 << 20)).blockSize(4096).build(), Shape.SPLIT)) {
      assertThat(number(driver, VirtioBlk.CONFIG_BLK_SIZE, 4)).isEqualTo(4096);
    }
    assertThatThrownBy(() -> BlockDevice.builder(image(1536)).blockSize(4096).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1536");
  }

  @Test
  void lastPartOfASectorIsAWholeSector() throws IOException {
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(image(1000)).build(), Shape.SPLIT).start()) {
      assertThat(number(driver, VirtioBlk.CONFIG_CAPACITY, 8)).isEqualTo(2);
      driver.view(driver.data(), 1024).put(RequestRulesTest.pattern(1024, 3));
      assertThat(driver.read(0, 1024)).isEqualTo(OK);
      assertThat(driver.bytes(1024)).containsOnly(0);
      assertThat(folder.resolve("disk.img")).hasSize(1000);
      assertThat(driver.write(1, RequestRulesTest.pattern(512, 7))).isEqualTo(OK);
      assertThat(driver.read(1, 512)).isEqualTo(OK);
      assertThat(driver.bytes(512)).isEqualTo(RequestRulesTest.pattern(512, 7));
      assertThat(folder.resolve("disk.img")).hasSize(1024);
    }
  }

  @Test
  void serialsAndNumbersAreChecked() {
    Path disk = image(512);
    assertThatThrownBy(() -> BlockDevice.builder(disk).serial("twenty-one characters").build())
        .hasMessageContaining("20 printable");
    assertThatThrownBy(() -> BlockDevice.builder(disk).serial("é").build())
        .hasMessageContaining("ASCII");
    assertThatThrownBy(() -> BlockDevice.builder(disk).queues(0).build())
        .hasMessageContaining("1 to 1024");
    assertThatThrownBy(() -> BlockDevice.builder(disk).queueSize(100).build())
        .hasMessageContaining("power of two");
    assertThatThrownBy(() -> BlockDevice.builder(folder.resolve("absent")).build())
        .isInstanceOf(java.io.UncheckedIOException.class)
        .hasMessageContaining("absent");
    assertThatThrownBy(() -> BlockDevice.builder(folder).build())
        .isInstanceOf(java.io.UncheckedIOException.class);
  }
}
