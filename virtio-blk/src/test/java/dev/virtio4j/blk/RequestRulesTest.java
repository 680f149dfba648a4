package dev.virtio4j.blk;

import static dev.virtio4j.blk.BlkDriver.IOERR;
import static dev.virtio4j.blk.BlkDriver.OK;
import static dev.virtio4j.blk.BlkDriver.UNSUPP;
import static dev.virtio4j.blk.BlkDriver.UNWRITTEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.BlkDriver.Shape;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.testing.Normative;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What each request, right or wrong, is answered with; B numbers are hostile cases. */
class RequestRulesTest {
  private static final int CAPACITY = 64;

  @TempDir Path folder;

  private BlockDeviceBuilder builder() {
    try {
      Path image = folder.resolve("disk.img");
      Files.write(image, pattern(CAPACITY * 512, 1));
      return BlockDevice.builder(image).serial("serial-of-20-letters");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private byte[] image() {
    try {
      return Files.readAllBytes(folder.resolve("disk.img"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static byte[] pattern(int length, int seed) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + (i >>> 9) * 7 + seed);
    }
    return bytes;
  }

  private byte[] sectors(int from, int count) {
    return Arrays.copyOfRange(pattern(CAPACITY * 512, 1), from * 512, (from + count) * 512);
  }

  private void drive(Shape shape, Consumer<BlkDriver> test) {
    try (BlkDriver driver = new BlkDriver(builder().build(), shape).start()) {
      test.accept(driver);
      assertThat(driver.faults).isEmpty();
      // Whatever came before, the next good request is served.
      assertThat(driver.read(CAPACITY - 1, 512)).isEqualTo(OK);
    }
  }

  private void refused(Shape shape, int status, Consumer<BlkDriver> wrong) {
    byte[] before = pattern(CAPACITY * 512, 1);
    drive(
        shape,
        driver -> {
          wrong.accept(driver);
          assertThat(driver.statusByte()).isEqualTo(status);
          assertThat(image()).isEqualTo(before);
        });
  }

  // Reads and writes

  @ParameterizedTest
  @EnumSource
  void readTellsDataAndStatusAsWritten_T0078_T0087_T0114_S0023_S0027(Shape shape) {
    drive(
        shape,
        driver -> {
          assertThat(driver.read(3, 1024)).isEqualTo(OK);
          assertThat(driver.written).isEqualTo(1025);
          assertThat(driver.bytes(1024)).isEqualTo(sectors(3, 2));
        });
  }

  @ParameterizedTest
  @EnumSource
  void writeTellsTheStatusAloneAsWritten_P0059(Shape shape) {
    drive(
        shape,
        driver -> {
          assertThat(driver.write(5, pattern(1024, 9))).isEqualTo(OK);
          assertThat(driver.written).isEqualTo(1);
          assertThat(driver.read(4, 2048)).isEqualTo(OK);
          byte[] expected = sectors(4, 4);
          System.arraycopy(pattern(1024, 9), 0, expected, 512, 1024);
          assertThat(driver.bytes(2048)).isEqualTo(expected);
        });
  }

  @ParameterizedTest
  @EnumSource
  void lastSectorIsServed_B0042_B0055_B0085_B0194(Shape shape) {
    drive(
        shape,
        driver -> {
          assertThat(driver.write(CAPACITY - 1, pattern(512, 4))).isEqualTo(OK);
          assertThat(driver.read(CAPACITY - 1, 512)).isEqualTo(OK);
          assertThat(driver.bytes(512)).isEqualTo(pattern(512, 4));
        });
  }

  @ParameterizedTest
  @EnumSource
  void readAtCapacityIsAnError_B0187(Shape shape) {
    refused(shape, IOERR, driver -> driver.read(CAPACITY, 512));
  }

  @ParameterizedTest
  @EnumSource
  void readPartlyPastTheEndIsAnError_B0028_B0046_B0106(Shape shape) {
    refused(shape, IOERR, driver -> driver.read(CAPACITY - 1, 1024));
  }

  @ParameterizedTest
  @EnumSource
  void failedReadCountsNothingAsWritten(Shape shape) {
    refused(
        shape,
        IOERR,
        driver -> {
          driver.view(driver.data(), 512).put(new byte[512]);
          driver.read(CAPACITY, 512);
          assertThat(driver.written).isZero();
          assertThat(driver.bytes(512)).containsOnly(0);
        });
  }

  @ParameterizedTest
  @EnumSource
  void writePastTheEndIsAnErrorAndWritesNothing_B0001_B0002(Shape shape) {
    refused(shape, IOERR, driver -> driver.write(CAPACITY - 1, pattern(1024, 2)));
  }

  @ParameterizedTest
  @EnumSource
  void sectorsThatOverflowAreErrors_B0081_B0091(Shape shape) {
    drive(
        shape,
        driver -> {
          for (long sector :
              new long[] {
                -1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 55, -1L >>> 9, (-1L >>> 9) + 1, -2
              }) {
            assertThat(driver.read(sector, 512)).as("read %x", sector).isEqualTo(IOERR);
            assertThat(driver.write(sector, new byte[512])).as("%x", sector).isEqualTo(IOERR);
            assertThat(driver.read(sector, 1024)).as("read %x", sector).isEqualTo(IOERR);
          }
        });
    assertThat(image()).isEqualTo(pattern(CAPACITY * 512, 1));
  }

  @ParameterizedTest
  @EnumSource
  void partsOfSectorsAreErrors_B0006_B0078_B0099(Shape shape) {
    drive(
        shape,
        driver -> {
          for (int length : new int[] {1, 511, 513, 1000}) {
            assertThat(driver.read(0, length)).isEqualTo(IOERR);
            assertThat(driver.write(0, new byte[length])).isEqualTo(IOERR);
          }
        });
    assertThat(image()).isEqualTo(pattern(CAPACITY * 512, 1));
  }

  @ParameterizedTest
  @EnumSource
  void requestWithoutDataDoesNothing_B0027_B0034(Shape shape) {
    drive(
        shape,
        driver -> {
          assertThat(driver.call(driver.header(VirtioBlk.T_IN, 1), driver.status())).isEqualTo(OK);
          assertThat(driver.written).isEqualTo(1);
          assertThat(driver.call(driver.header(VirtioBlk.T_OUT, 1), driver.status())).isEqualTo(OK);
          assertThat(driver.call(driver.header(VirtioBlk.T_IN, CAPACITY + 1), driver.status()))
              .isEqualTo(IOERR);
        });
  }

  @ParameterizedTest
  @EnumSource
  void zeroHeaderReadsSectorZero_B0107(Shape shape) {
    drive(
        shape,
        driver -> {
          assertThat(driver.read(0, 512)).isEqualTo(OK);
          assertThat(driver.bytes(512)).isEqualTo(sectors(0, 1));
        });
  }

  @ParameterizedTest
  @EnumSource
  void reservedFieldIsIgnored_B0077_B0156_B0231(Shape shape) {
    drive(
        shape,
        driver -> {
          Segment header = driver.header(VirtioBlk.T_IN, 2);
          driver.view(header.address(), 16).putInt(4, -1);
          assertThat(driver.call(header, driver.in(512), driver.status())).isEqualTo(OK);
          assertThat(driver.bytes(512)).isEqualTo(sectors(2, 1));
        });
  }

  // Directions

  @ParameterizedTest
  @EnumSource
  void readIntoReadableDataIsAnError_T0009_T0011_B0035_B0071(Shape shape) {
    refused(
        shape,
        IOERR,
        driver ->
            driver.call(
                driver.header(VirtioBlk.T_IN, 0),
                Segment.readable(driver.data(), 512),
                driver.status()));
  }

  @ParameterizedTest
  @EnumSource
  void writeFromWritableDataIsAnError_T0010_B0073_B0093(Shape shape) {
    refused(
        shape,
        IOERR,
        driver -> driver.call(driver.header(VirtioBlk.T_OUT, 0), driver.in(512), driver.status()));
  }

  // The status

  @ParameterizedTest
  @EnumSource
  void withoutRoomForTheStatusNothingIsWritten_B0012_B0030_B0072_B0097(Shape shape) {
    drive(
        shape,
        driver -> {
          for (int type :
              new int[] {
                VirtioBlk.T_IN, VirtioBlk.T_OUT, VirtioBlk.T_FLUSH, VirtioBlk.T_GET_ID, 99
              }) {
            Segment status = driver.status();
            long written =
                driver.send(
                    0,
                    driver.header(type, 0),
                    Segment.readable(driver.data(), 512),
                    Segment.readable(status.address(), 1));
            assertThat(written).isZero();
            assertThat(driver.statusByte()).isEqualTo(UNWRITTEN);
            assertThat(driver.send(0, driver.header(type, 0))).isZero();
            // A writable segment of no length is no room either.
            written = driver.send(0, driver.header(type, 0), Segment.writable(driver.data(), 0));
            assertThat(written).isZero();
          }
        });
    assertThat(image()).isEqualTo(pattern(CAPACITY * 512, 1));
  }

  @ParameterizedTest
  @EnumSource
  void statusIsTheLastWritableByteWhereverItLies_B0211(Shape shape) {
    drive(
        shape,
        driver -> {
          Segment header = driver.header(VirtioBlk.T_IN, 7);
          driver.view(driver.data() + 512, 1).put((byte) UNWRITTEN);
          assertThat(driver.send(0, header, Segment.writable(driver.data(), 513))).isEqualTo(513);
          assertThat(driver.view(driver.data() + 512, 1).get()).isZero();
          assertThat(driver.bytes(512)).isEqualTo(sectors(7, 1));
        });
  }

  @ParameterizedTest
  @EnumSource
  void headerAndDataMayShareADescriptor_B0210(Shape shape) {
    drive(
        shape,
        driver -> {
          long at = driver.data();
          driver.view(at, 528).putInt(VirtioBlk.T_OUT).putInt(0).putLong(9).put(pattern(512, 3));
          assertThat(driver.call(Segment.readable(at, 528), driver.status())).isEqualTo(OK);
          assertThat(driver.read(9, 512)).isEqualTo(OK);
          assertThat(driver.bytes(512)).isEqualTo(pattern(512, 3));
        });
  }

  @ParameterizedTest
  @EnumSource
  void anyCutIntoDescriptorsIsServed_B0029_B0180_B0192_B0218_B0219(Shape shape) {
    drive(
        shape,
        driver -> {
          long at = driver.data();
          for (int cut = 1; cut < 16; cut++) {
            byte[] content = pattern(1536, cut);
            driver.view(at, 1552).putInt(1).putInt(0).putLong(cut).put(content);
            assertThat(
                    driver.call(
                        Segment.readable(at, cut),
                        Segment.readable(at + cut, 16 - cut + 100),
                        Segment.readable(at + 116, 1),
                        Segment.readable(at + 117, 1552 - 117),
                        driver.status()))
                .isEqualTo(OK);
            Segment header = driver.header(VirtioBlk.T_IN, cut);
            assertThat(
                    driver.call(
                        Segment.readable(header.address(), 16 - cut),
                        Segment.readable(header.address() + 16 - cut, cut),
                        Segment.writable(at, 1),
                        Segment.writable(at + 1, 600 + cut),
                        Segment.writable(at + 601 + cut, 1536 - 601 - cut),
                        driver.status()))
                .isEqualTo(OK);
            assertThat(driver.bytes(1536)).isEqualTo(content);
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void shortHeaderIsAnError_B0011(Shape shape) {
    refused(
        shape, IOERR, driver -> driver.call(Segment.readable(driver.data(), 15), driver.status()));
  }

  @ParameterizedTest
  @EnumSource
  void requestWithoutAnythingReadableIsAnError_B0070(Shape shape) {
    refused(shape, IOERR, driver -> driver.call(driver.in(16), driver.in(512), driver.status()));
  }

  // Types

  @ParameterizedTest
  @EnumSource
  @Normative("Device Types / Block Device / Device Operation:16")
  void typesThatAreNotOfferedAreUnsupported_B0003_B0004_B0005_B0089(Shape shape) {
    drive(
        shape,
        driver -> {
          // SCSI, SCSI out, ..., LIFETIME, SECURE_ERASE, every zone request, BARRIER, high bits.
          for (int type :
              new int[] {
                2,
                3,
                5,
                6,
                7,
                9,
                10,
                12,
                14,
                15,
                16,
                17,
                18,
                20,
                22,
                24,
                26,
                27,
                99,
                0x100,
                0x8000_0000,
                0x8000_0001,
                -1
              }) {
            assertThat(driver.call(driver.header(type, 0), driver.in(512), driver.status()))
                .as("type %d", type)
                .isEqualTo(UNSUPP);
            assertThat(driver.call(driver.header(type, 0), driver.status())).isEqualTo(UNSUPP);
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void flushMayCarryWhatItDoesNotNeed_B0007_B0008_B0094(Shape shape) {
    drive(
        shape,
        driver -> {
          assertThat(driver.flush()).isEqualTo(OK);
          assertThat(driver.written).isEqualTo(1);
          assertThat(driver.call(driver.header(VirtioBlk.T_FLUSH, 77), driver.status()))
              .isEqualTo(OK);
          assertThat(
                  driver.call(
                      driver.header(VirtioBlk.T_FLUSH, 0),
                      driver.out(new byte[512]),
                      driver.status()))
              .isEqualTo(OK);
        });
  }

  @ParameterizedTest
  @EnumSource
  void idIsTwentyCharacters_B0196_B0215(Shape shape) {
    drive(
        shape,
        driver -> {
          assertThat(
                  driver.call(driver.header(VirtioBlk.T_GET_ID, 0), driver.in(20), driver.status()))
              .isEqualTo(OK);
          assertThat(driver.written).isEqualTo(21);
          assertThat(new String(driver.bytes(20), StandardCharsets.US_ASCII))
              .isEqualTo("serial-of-20-letters");
        });
  }

  @ParameterizedTest
  @EnumSource
  void shortSerialIsPaddedWithZeroes(Shape shape) {
    try (BlkDriver driver = new BlkDriver(builder().serial("abc").build(), shape).start()) {
      driver.view(driver.data(), 20).put(pattern(20, 5));
      assertThat(driver.call(driver.header(VirtioBlk.T_GET_ID, 0), driver.in(20), driver.status()))
          .isEqualTo(OK);
      assertThat(driver.bytes(20)).isEqualTo(Arrays.copyOf(new byte[] {'a', 'b', 'c'}, 20));
    }
  }

  @ParameterizedTest
  @EnumSource
  void idNeedsTwentyBytesAndTakesNoMore_B0009_B0024_B0049(Shape shape) {
    drive(
        shape,
        driver -> {
          Segment header = driver.header(VirtioBlk.T_GET_ID, 0);
          assertThat(driver.call(header, driver.in(19), driver.status())).isEqualTo(IOERR);
          assertThat(driver.call(header, driver.status())).isEqualTo(IOERR);
          driver.view(driver.data(), 40).put(pattern(40, 5));
          assertThat(driver.call(header, driver.in(40), driver.status())).isEqualTo(OK);
          assertThat(driver.written).isEqualTo(20);
          assertThat(Arrays.copyOfRange(driver.bytes(40), 20, 40))
              .isEqualTo(Arrays.copyOfRange(pattern(40, 5), 20, 40));
          assertThat(
                  driver.call(
                      header,
                      Segment.writable(driver.data(), 3),
                      Segment.writable(driver.data() + 100, 17),
                      driver.status()))
              .isEqualTo(OK);
        });
  }

  // Many at once

  @ParameterizedTest
  @EnumSource
  void wholeRingOfRequestsIsAnswered_B0040_B0051_B0103_B0198_B0220(Shape shape) {
    drive(
        shape,
        driver -> {
          var queue = driver.queues.get(0);
          List<DriverRequest> all = new ArrayList<>();
          long headers = driver.memory.allocate(16 * 80, 16);
          for (int i = 0; i < 80; i++) {
            driver.view(headers + 16L * i, 16).putInt(0).putInt(0).putLong(i % CAPACITY);
            DriverRequest request =
                queue.prepare(
                    Segment.readable(headers + 16L * i, 16),
                    Segment.writable(driver.data() + 1024L * i, 513));
            assertThat(queue.submit(request)).isTrue();
            all.add(request);
          }
          queue.publish();
          driver.life.ring(0);
          for (int i = 0; i < 80; i++) {
            driver.until(queue::ready);
            DriverRequest done = queue.poll();
            assertThat(done.written()).isEqualTo(513);
            assertThat(all.remove(done)).isTrue();
            queue.discard(done);
          }
          for (int i = 0; i < 80; i++) {
            byte[] got = new byte[513];
            driver.view(driver.data() + 1024L * i, 513).get(got);
            assertThat(Arrays.copyOf(got, 512)).isEqualTo(sectors(i % CAPACITY, 1));
            assertThat(got[512]).isZero();
          }
        });
  }

  // Limits that are told

  @ParameterizedTest
  @EnumSource
  void segmentsAreLimitedWhereSegMaxWasNegotiated(Shape shape) {
    try (BlkDriver driver = new BlkDriver(builder().queueSize(8).build(), shape).start()) {
      assertThat(driver.config(VirtioBlk.CONFIG_SEG_MAX, 4).getInt()).isEqualTo(6);
      assertThat(scattered(driver, 6)).isEqualTo(OK);
      assertThat(scattered(driver, 7)).isEqualTo(IOERR);
    }
    try (BlkDriver driver = new BlkDriver(builder().queueSize(8).build(), shape)) {
      driver.start(driver.everything() & ~VirtioBlk.F_SEG_MAX);
      assertThat(scattered(driver, 7)).isEqualTo(OK);
    }
  }

  /** A read into so many segments, the last one with the status in it. */
  private static int scattered(BlkDriver driver, int segments) {
    Segment[] all = new Segment[segments + 1];
    all[0] = driver.header(VirtioBlk.T_IN, 0);
    for (int i = 1; i <= segments; i++) {
      all[i] = Segment.writable(driver.data() + 1024L * i, i == segments ? 513 : 512);
    }
    driver.send(0, all);
    return driver.view(driver.data() + 1024L * segments + 512, 1).get();
  }

  @ParameterizedTest
  @EnumSource
  void segmentsAreBoundedWhereSizeMaxWasNegotiated_B0087(Shape shape) throws IOException {
    Path large = folder.resolve("large.img");
    try (var file = new java.io.RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(16 << 20);
    }
    int limit = ConfigSpace.SIZE_MAX;
    try (BlkDriver driver = new BlkDriver(BlockDevice.builder(large).build(), shape).start()) {
      assertThat(driver.config(VirtioBlk.CONFIG_SIZE_MAX, 4).getInt()).isEqualTo(limit);
      assertThat(driver.read(0, limit)).isEqualTo(OK);
      assertThat(driver.read(0, limit + 512)).isEqualTo(IOERR);
    }
    try (BlkDriver driver = new BlkDriver(BlockDevice.builder(large).build(), shape)) {
      driver.start(driver.everything() & ~VirtioBlk.F_SIZE_MAX);
      assertThat(driver.read(0, limit + 512)).isEqualTo(OK);
    }
  }

  // Read-only

  @ParameterizedTest
  @EnumSource
  @Normative("Device Types / Block Device / Device Operation:3")
  void readOnlyDiskIsNotWritten_B0010_B0057(Shape shape) {
    try (BlkDriver driver = new BlkDriver(builder().readOnly(true).build(), shape).start()) {
      assertThat(driver.device.features() & VirtioBlk.F_RO).isNotZero();
      assertThat(driver.device.features() & (VirtioBlk.F_DISCARD | VirtioBlk.F_WRITE_ZEROES))
          .isZero();
      assertThat(driver.write(0, new byte[512])).isEqualTo(IOERR);
      assertThat(driver.zero(0, 1, false)).isEqualTo(UNSUPP);
      assertThat(driver.discard(0, 1)).isEqualTo(UNSUPP);
      assertThat(driver.read(0, 512)).isEqualTo(OK);
      assertThat(driver.flush()).isEqualTo(OK);
    }
    assertThat(image()).isEqualTo(pattern(CAPACITY * 512, 1));
  }

  @ParameterizedTest
  @EnumSource
  @Normative("Device Types / Block Device / Device Operation:3")
  void readOnlyDiskIsNotWrittenThoughTheDriverDidNotAcceptRo(Shape shape) {
    try (BlkDriver driver = new BlkDriver(builder().readOnly(true).build(), shape)) {
      driver.start(driver.everything() & ~VirtioBlk.F_RO);
      assertThat(driver.write(0, new byte[512])).isEqualTo(IOERR);
    }
    assertThat(image()).isEqualTo(pattern(CAPACITY * 512, 1));
  }
}
