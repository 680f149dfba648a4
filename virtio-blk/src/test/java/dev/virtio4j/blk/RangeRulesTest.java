package dev.virtio4j.blk;

import static dev.virtio4j.blk.BlkDriver.IOERR;
import static dev.virtio4j.blk.BlkDriver.OK;
import static dev.virtio4j.blk.BlkDriver.UNSUPP;
import static dev.virtio4j.blk.VirtioBlk.T_DISCARD;
import static dev.virtio4j.blk.VirtioBlk.T_WRITE_ZEROES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.BlkDriver.Shape;
import dev.virtio4j.testing.Normative;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** DISCARD and WRITE_ZEROES: every limit and flag (hostile cases B0013 to B0197). */
class RangeRulesTest {
  private static final int CAPACITY = 1024;

  @TempDir Path folder;
  private Path image;

  @BeforeEach
  void image() throws IOException {
    image = folder.resolve("disk.img");
    byte[] ones = new byte[CAPACITY * 512];
    Arrays.fill(ones, (byte) 1);
    Files.write(image, ones);
  }

  private BlkDriver driver(Shape shape) {
    return new BlkDriver(BlockDevice.builder(image).build(), shape).start();
  }

  private void unchanged() {
    try {
      assertThat(Files.readAllBytes(image)).hasSize(CAPACITY * 512).containsOnly(1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  @Normative("Device Types / Block Device / Device Operation:4")
  void reservedFlagsAreUnsupported(Shape shape) {
    try (BlkDriver driver = driver(shape)) {
      for (long flags : new long[] {2, 4, 0x8000_0000L, 0xffff_fffeL, 3}) {
        assertThat(driver.ranges(T_DISCARD, 0, 1, flags)).isEqualTo(UNSUPP);
        assertThat(driver.ranges(T_WRITE_ZEROES, 0, 1, flags)).isEqualTo(UNSUPP);
        // Also in a later range, and before anything is done for an earlier one.
        assertThat(driver.ranges(T_WRITE_ZEROES, 0, 1, 0, 8, 1, flags)).isEqualTo(UNSUPP);
        // Also when something else is wrong.
        assertThat(driver.ranges(T_WRITE_ZEROES, CAPACITY, 1, flags)).isEqualTo(UNSUPP);
      }
    }
    unchanged();
  }

  @ParameterizedTest
  @EnumSource
  @Normative("Device Types / Block Device / Device Operation:5")
  void discardThatUnmapsIsUnsupported_B0157(Shape shape) {
    try (BlkDriver driver = driver(shape)) {
      assertThat(driver.ranges(T_DISCARD, 0, 1, 1)).isEqualTo(UNSUPP);
      assertThat(driver.ranges(T_DISCARD, 0, 1, 0, 8, 1, 1)).isEqualTo(UNSUPP);
    }
    unchanged();
  }

  @ParameterizedTest
  @EnumSource
  void rangesPastTheEndAreErrors_B0122_B0138_B0158(Shape shape) {
    try (BlkDriver driver = driver(shape)) {
      for (int type : new int[] {T_DISCARD, T_WRITE_ZEROES}) {
        assertThat(driver.ranges(type, CAPACITY, 1, 0)).isEqualTo(IOERR);
        assertThat(driver.ranges(type, CAPACITY - 1, 2, 0)).isEqualTo(IOERR);
        assertThat(driver.ranges(type, -1, 1, 0)).isEqualTo(IOERR);
        assertThat(driver.ranges(type, -1, 2, 0)).isEqualTo(IOERR);
        assertThat(driver.ranges(type, Long.MAX_VALUE, 1, 0)).isEqualTo(IOERR);
        assertThat(driver.ranges(type, -1L >>> 9, 8, 0)).isEqualTo(IOERR);
        // A bad range fails the request before the good one is begun.
        assertThat(driver.ranges(type, 0, 8, 0, CAPACITY, 1, 0)).isEqualTo(IOERR);
      }
      assertThat(driver.config(VirtioBlk.CONFIG_CAPACITY, 8).getLong()).isEqualTo(CAPACITY);
    }
    unchanged();
  }

  @ParameterizedTest
  @EnumSource
  void longerRangesThanTheMaximumAreErrors(Shape shape) throws IOException {
    try (var file = new java.io.RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(8L << 30);
    }
    try (BlkDriver driver = driver(shape)) {
      long discard = driver.config(VirtioBlk.CONFIG_MAX_DISCARD_SECTORS, 4).getInt();
      long zeroes = driver.config(VirtioBlk.CONFIG_MAX_WRITE_ZEROES_SECTORS, 4).getInt();
      assertThat(driver.discard(2048, discard)).isEqualTo(OK);
      assertThat(driver.discard(2048, discard + 1)).isEqualTo(IOERR);
      assertThat(driver.discard(0, 0xffff_ffffL)).isEqualTo(IOERR);
      assertThat(driver.zero(2048, zeroes, true)).isEqualTo(OK);
      assertThat(driver.zero(2048, zeroes + 1, true)).isEqualTo(IOERR);
    }
  }

  @ParameterizedTest
  @EnumSource
  void moreRangesThanTheMaximumAreUnsupported_B0013(Shape shape) {
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(image).discardSegments(1).build(), shape).start()) {
      assertThat(driver.config(VirtioBlk.CONFIG_MAX_DISCARD_SEG, 4).getInt()).isEqualTo(1);
      assertThat(driver.config(VirtioBlk.CONFIG_MAX_WRITE_ZEROES_SEG, 4).getInt()).isEqualTo(1);
      assertThat(driver.ranges(T_DISCARD, 0, 1, 0, 8, 1, 0)).isEqualTo(UNSUPP);
      assertThat(driver.ranges(T_WRITE_ZEROES, 0, 1, 0, 8, 1, 0)).isEqualTo(UNSUPP);
    }
    unchanged();
    try (BlkDriver driver = driver(shape)) {
      int most = driver.config(VirtioBlk.CONFIG_MAX_WRITE_ZEROES_SEG, 4).getInt();
      long[] ranges = new long[3 * (most + 1)];
      for (int i = 0; i <= most; i++) {
        ranges[3 * i] = 2L * i;
        ranges[3 * i + 1] = 1;
      }
      assertThat(driver.ranges(T_WRITE_ZEROES, ranges)).isEqualTo(UNSUPP);
      unchanged();
      assertThat(driver.ranges(T_WRITE_ZEROES, Arrays.copyOf(ranges, 3 * most))).isEqualTo(OK);
      for (int i = 0; i < most; i++) {
        assertThat(driver.read(2L * i, 1024)).isEqualTo(OK);
        assertThat(Arrays.copyOf(driver.bytes(1024), 512)).containsOnly(0);
        assertThat(Arrays.copyOfRange(driver.bytes(1024), 512, 1024)).containsOnly(1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void listsThatAreNoRangesAreErrors_B0014_B0016(Shape shape) {
    try (BlkDriver driver = driver(shape)) {
      for (int type : new int[] {T_DISCARD, T_WRITE_ZEROES}) {
        for (int length : new int[] {1, 8, 15, 17, 31}) {
          assertThat(
                  driver.call(
                      driver.header(type, 0), driver.out(new byte[length]), driver.status()))
              .isEqualTo(IOERR);
        }
        assertThat(driver.call(driver.header(type, 0), driver.status())).isEqualTo(IOERR);
        // The list in the wrong direction.
        assertThat(driver.call(driver.header(type, 0), driver.in(16), driver.status()))
            .isEqualTo(IOERR);
      }
    }
    unchanged();
  }

  @ParameterizedTest
  @EnumSource
  void withoutTheFeatureTheyAreUnsupported_T0038(Shape shape) {
    try (BlkDriver driver = new BlkDriver(BlockDevice.builder(image).build(), shape)) {
      driver.start(driver.everything() & ~VirtioBlk.F_DISCARD & ~VirtioBlk.F_WRITE_ZEROES);
      assertThat(driver.discard(0, 1)).isEqualTo(UNSUPP);
      assertThat(driver.zero(0, 1, false)).isEqualTo(UNSUPP);
    }
    unchanged();
    try (BlkDriver driver =
        new BlkDriver(BlockDevice.builder(image).discard(false).build(), shape).start()) {
      assertThat(driver.device.features() & VirtioBlk.F_DISCARD).isZero();
      assertThat(driver.config(VirtioBlk.CONFIG_WRITE_ZEROES_MAY_UNMAP, 1).get()).isZero();
      assertThat(driver.discard(0, 1)).isEqualTo(UNSUPP);
    }
    unchanged();
  }

  @ParameterizedTest
  @EnumSource
  @Normative("Device Types / Block Device / Device Operation:8")
  void zeroesReadAsZeroesWhetherUnmappedOrNot(Shape shape) {
    try (BlkDriver driver = driver(shape)) {
      assertThat(driver.zero(3, 5, false)).isEqualTo(OK);
      assertThat(driver.zero(100, 300, true)).isEqualTo(OK);
      assertThat(driver.ranges(T_WRITE_ZEROES, 500, 0, 0, 501, 1, 1)).isEqualTo(OK);
      assertThat(driver.read(0, CAPACITY * 512)).isEqualTo(OK);
      byte[] now = driver.bytes(CAPACITY * 512);
      for (int i = 0; i < CAPACITY; i++) {
        boolean zero = (i >= 3 && i < 8) || (i >= 100 && i < 400) || i == 501;
        assertThat(Arrays.copyOfRange(now, i * 512, i * 512 + 512))
            .as("sector %d", i)
            .containsOnly(zero ? 0 : 1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  @Normative("Device Types / Block Device / Device Operation:6")
  @Normative("Device Types / Block Device / Device Operation:7")
  @Normative("Device Types / Block Device / Device Operation:9")
  void discardAndUnmappedZeroesLeaveHoles_B0197(Shape shape) {
    try (BlkDriver driver = driver(shape)) {
      long full = allocated();
      assertThat(driver.discard(0, 256)).isEqualTo(OK);
      long discarded = allocated();
      assertThat(discarded).isLessThanOrEqualTo(full - 256 * 512);
      assertThat(driver.zero(256, 256, true)).isEqualTo(OK);
      assertThat(allocated()).isLessThanOrEqualTo(discarded - 256 * 512);
      assertThat(image).hasSize(CAPACITY * 512);
      assertThat(driver.config(VirtioBlk.CONFIG_WRITE_ZEROES_MAY_UNMAP, 1).get())
          .isEqualTo((byte) 1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void zeroesThatMayNotUnmapKeepTheirStorage(Shape shape) {
    try (BlkDriver driver = driver(shape)) {
      long full = allocated();
      assertThat(driver.zero(0, CAPACITY, false)).isEqualTo(OK);
      assertThat(allocated()).isGreaterThanOrEqualTo(full);
    }
  }

  private long allocated() {
    return StorageSize.allocated(image);
  }
}
