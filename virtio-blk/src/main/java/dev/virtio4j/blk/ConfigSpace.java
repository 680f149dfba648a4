package dev.virtio4j.blk;

import dev.virtio4j.blk.image.ImageTraits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What a device tells in its configuration space, but for the fields that change. */
final class ConfigSpace {
  /** The largest data segment that is served, in bytes. */
  static final int SIZE_MAX = 4 << 20;

  /** Sectors of one range of a discard: 2 GiB. */
  static final int MAX_DISCARD_SECTORS = 1 << 22;

  /** Sectors of one range of zeroes: 64 MiB, since they may have to be written. */
  static final int MAX_WRITE_ZEROES_SECTORS = 1 << 17;

  /** As many data segments as one vectored call takes, with room for the header. */
  private static final int SEG_MAX = 1022;

  private static final int HEADS = 16;
  private static final int SECTORS_PER_TRACK = 63;
  private static final int MOST_CYLINDERS = 0xffff;

  private final byte[] fixed = new byte[VirtioBlk.CONFIG_BYTES];
  final int segMax;

  ConfigSpace(
      BlockDeviceConfig config,
      ImageTraits traits,
      int blockSize,
      long features,
      boolean mayUnmap) {
    segMax = Math.max(1, Math.min(config.queueSize() - 2, SEG_MAX));
    int physical = Math.max(blockSize, traits.physicalBlock());
    int ratio = physical / blockSize;
    ByteBuffer bytes = ByteBuffer.wrap(fixed).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(VirtioBlk.CONFIG_SIZE_MAX, SIZE_MAX);
    bytes.putInt(VirtioBlk.CONFIG_SEG_MAX, segMax);
    bytes.put(VirtioBlk.CONFIG_GEOMETRY + 2, (byte) HEADS);
    bytes.put(VirtioBlk.CONFIG_GEOMETRY + 3, (byte) SECTORS_PER_TRACK);
    bytes.putInt(VirtioBlk.CONFIG_BLK_SIZE, blockSize);
    bytes.put(VirtioBlk.CONFIG_PHYSICAL_BLOCK_EXP, (byte) Integer.numberOfTrailingZeros(ratio));
    bytes.putShort(VirtioBlk.CONFIG_MIN_IO_SIZE, (short) Math.min(ratio, 0xffff));
    bytes.putShort(VirtioBlk.CONFIG_NUM_QUEUES, (short) config.queues());
    if ((features & VirtioBlk.F_DISCARD) != 0) {
      bytes.putInt(VirtioBlk.CONFIG_MAX_DISCARD_SECTORS, MAX_DISCARD_SECTORS);
      bytes.putInt(VirtioBlk.CONFIG_MAX_DISCARD_SEG, config.discardSegments());
      bytes.putInt(
          VirtioBlk.CONFIG_DISCARD_SECTOR_ALIGNMENT,
          Math.max(blockSize, traits.discardAlignment()) / VirtioBlk.SECTOR);
    }
    if ((features & VirtioBlk.F_WRITE_ZEROES) != 0) {
      bytes.putInt(VirtioBlk.CONFIG_MAX_WRITE_ZEROES_SECTORS, MAX_WRITE_ZEROES_SECTORS);
      bytes.putInt(VirtioBlk.CONFIG_MAX_WRITE_ZEROES_SEG, config.discardSegments());
      bytes.put(VirtioBlk.CONFIG_WRITE_ZEROES_MAY_UNMAP, (byte) (mayUnmap ? 1 : 0));
    }
  }

  /** Reads part of it, as it is now. */
  void read(int offset, ByteBuffer target, long capacity, boolean writeback) {
    byte[] now = fixed.clone();
    ByteBuffer bytes = ByteBuffer.wrap(now).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(VirtioBlk.CONFIG_CAPACITY, capacity);
    long cylinders = capacity / (HEADS * SECTORS_PER_TRACK);
    bytes.putShort(VirtioBlk.CONFIG_GEOMETRY, (short) Math.min(cylinders, MOST_CYLINDERS));
    bytes.put(VirtioBlk.CONFIG_WRITEBACK, (byte) (writeback ? 1 : 0));
    target.put(now, offset, target.remaining());
  }
}
