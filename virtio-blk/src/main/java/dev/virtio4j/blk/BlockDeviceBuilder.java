package dev.virtio4j.blk;

import dev.virtio4j.blk.image.DiskImage;
import dev.virtio4j.blk.image.Engine;
import dev.virtio4j.blk.image.LockMode;
import dev.virtio4j.blk.image.RawImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Sets a block device up; see {@link BlockDevice#builder(Path)}. Used on one thread. */
public final class BlockDeviceBuilder {
  private final Path path;
  private final DiskImage image;

  private String serial;
  private boolean readOnly;
  private int queues = BlockDeviceConfig.DEFAULT.queues();
  private int queueSize = BlockDeviceConfig.DEFAULT.queueSize();
  private SyncMode sync = BlockDeviceConfig.DEFAULT.sync();
  private boolean writeback = true;
  private boolean discard = true;
  private int blockSize;
  private int discardSegments = BlockDeviceConfig.DEFAULT.discardSegments();
  private RateLimit rateLimit = RateLimit.NONE;
  private boolean direct;
  private Engine engine = Engine.AUTO;
  private LockMode locking = LockMode.AUTO;

  BlockDeviceBuilder(Path path, DiskImage image) {
    this.path = path;
    this.image = image;
  }

  /**
   * Sets the device id string; by default the end of the image file's name.
   *
   * @param newSerial up to 20 printable ASCII characters
   * @return this
   */
  public BlockDeviceBuilder serial(String newSerial) {
    serial = newSerial;
    return this;
  }

  /**
   * Makes the disk read-only.
   *
   * @param newReadOnly false by default
   * @return this
   */
  public BlockDeviceBuilder readOnly(boolean newReadOnly) {
    readOnly = newReadOnly;
    return this;
  }

  /**
   * Sets the number of request queues.
   *
   * @param newQueues 1 to 1024; 1 by default
   * @return this
   */
  public BlockDeviceBuilder queues(int newQueues) {
    queues = newQueues;
    return this;
  }

  /**
   * Sets the largest size of each queue.
   *
   * @param newQueueSize a power of two from 2 to 32768; 256 by default
   * @return this
   */
  public BlockDeviceBuilder queueSize(int newQueueSize) {
    queueSize = newQueueSize;
    return this;
  }

  /**
   * Sets what a flush means.
   *
   * @param newSync {@link SyncMode#FULL} by default
   * @return this
   */
  public BlockDeviceBuilder sync(SyncMode newSync) {
    sync = newSync;
    return this;
  }

  /**
   * Sets the cache mode after a reset.
   *
   * @param newWriteback true, the default, for writeback; false for writethrough
   * @return this
   */
  public BlockDeviceBuilder writeback(boolean newWriteback) {
    writeback = newWriteback;
    return this;
  }

  /**
   * Offers to give storage back where the image can.
   *
   * @param newDiscard true by default
   * @return this
   */
  public BlockDeviceBuilder discard(boolean newDiscard) {
    discard = newDiscard;
    return this;
  }

  /**
   * Sets the logical block size that the driver is told.
   *
   * @param newBlockSize bytes, a power of two from 512 to 65536; 0, the default, for the image's
   * @return this
   */
  public BlockDeviceBuilder blockSize(int newBlockSize) {
    blockSize = newBlockSize;
    return this;
  }

  /**
   * Sets how many ranges one DISCARD or WRITE_ZEROES may have.
   *
   * @param newDiscardSegments 1 to 256; 16 by default
   * @return this
   */
  public BlockDeviceBuilder discardSegments(int newDiscardSegments) {
    discardSegments = newDiscardSegments;
    return this;
  }

  /**
   * Limits how much the device does.
   *
   * @param newRateLimit {@link RateLimit#NONE} by default
   * @return this
   */
  public BlockDeviceBuilder rateLimit(RateLimit newRateLimit) {
    rateLimit = newRateLimit;
    return this;
  }

  /**
   * Has a raw image bypass the page cache.
   *
   * @param newDirect false by default
   * @return this
   */
  public BlockDeviceBuilder direct(boolean newDirect) {
    direct = newDirect;
    return this;
  }

  /**
   * Chooses how a raw image does its I/O.
   *
   * @param newEngine {@link Engine#AUTO} by default
   * @return this
   */
  public BlockDeviceBuilder engine(Engine newEngine) {
    engine = newEngine;
    return this;
  }

  /**
   * Chooses whether a raw image is locked against other users.
   *
   * @param newLocking {@link LockMode#AUTO} by default
   * @return this
   */
  public BlockDeviceBuilder locking(LockMode newLocking) {
    locking = newLocking;
    return this;
  }

  /**
   * Opens the image and makes the device.
   *
   * @return the device, which owns the image
   * @throws IllegalArgumentException if a setting is wrong; the message says what is right
   * @throws UncheckedIOException if the image cannot be opened or is in use; the message says why
   */
  public BlockDevice build() {
    BlockDeviceConfig config =
        new BlockDeviceConfig(
            serial == null ? defaultSerial() : serial,
            readOnly,
            queues,
            queueSize,
            sync,
            writeback,
            discard,
            blockSize,
            discardSegments,
            rateLimit);
    if (image != null) {
      if (direct || engine != Engine.AUTO || locking != LockMode.AUTO) {
        throw new IllegalArgumentException(
            "direct, engine and locking are a raw image's; this image has been opened already");
      }
      return new BlockDevice(image, config);
    }
    RawImage opened;
    try {
      opened = RawImage.open(path, new RawImage.Options(readOnly, direct, engine, locking));
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    try {
      return new BlockDevice(opened, config);
    } catch (RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }

  private String defaultSerial() {
    if (path == null || path.getFileName() == null) {
      return "virtio4j";
    }
    String name = path.getFileName().toString().replaceAll("[^!-~]", "_");
    return name.substring(Math.max(0, name.length() - VirtioBlk.ID_BYTES));
  }
}
