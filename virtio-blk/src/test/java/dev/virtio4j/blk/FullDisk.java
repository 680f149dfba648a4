package dev.virtio4j.blk;

import static dev.virtio4j.blk.BlkDriver.IOERR;
import static dev.virtio4j.blk.BlkDriver.OK;

import dev.virtio4j.blk.BlkDriver.Shape;
import dev.virtio4j.blk.image.Engine;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Fills the file system of a folder through a disk, in a process of its own that has mounted it.
 */
final class FullDisk {
  private static final int BYTES = 16 << 20;
  private static final int PIECE = 64 << 10;
  private static final int SECTORS = PIECE / VirtioBlk.SECTOR;

  private FullDisk() {}

  /** Ends with a stack trace if anything is not as it should be; a folder and an engine. */
  public static void main(String[] arguments) throws IOException {
    Path disk = Path.of(arguments[0], "disk.img");
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(BYTES);
    }
    BlockDevice device =
        BlockDevice.builder(disk).engine(Engine.valueOf(arguments[1])).discardSegments(1).build();
    try (BlkDriver driver = new BlkDriver(device, Shape.SPLIT).start()) {
      fill(driver);
    }
  }

  private static void fill(BlkDriver driver) {
    byte[] piece = new byte[PIECE];
    Arrays.fill(piece, (byte) 7);
    int written = 0;
    int status;
    while ((status = driver.write((long) written * SECTORS, piece)) == OK) {
      written++;
    }
    expect("the status of a write to a full disk", status, IOERR);
    expect("the disk is full at last", written > 4 && written < BYTES / PIECE ? 1 : 0, 1);
    long full =
        driver.await(driver.device.metrics()).stream()
            .filter(m -> m.name().equals("virtio_blk_errors_total"))
            .filter(m -> "no_space".equals(m.labels().get("kind")))
            .mapToLong(m -> (long) m.value())
            .sum();
    expect("requests that met a full disk", full, 1);
    for (int i = 0; i < written; i++) {
      expect("the status of a read", driver.read((long) i * SECTORS, PIECE), OK);
      expect("what was written is there", Arrays.mismatch(driver.bytes(PIECE), piece), -1);
    }
    expect("the status of a flush", driver.flush(), OK);
    expect("a sector that has its storage", driver.write(0, new byte[512]), OK);
    if ((driver.device.features() & VirtioBlk.F_DISCARD) != 0) {
      expect("the status of a discard", driver.discard(0, 2 * SECTORS), OK);
      expect("a write after it", driver.write((long) written * SECTORS, piece), OK);
    }
  }

  private static void expect(String what, long got, long expected) {
    if (got != expected) {
      throw new AssertionError(what + ": " + got + " instead of " + expected);
    }
  }
}
