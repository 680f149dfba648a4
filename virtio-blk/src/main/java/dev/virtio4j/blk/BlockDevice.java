package dev.virtio4j.blk;

import dev.virtio4j.blk.image.DiskImage;
import dev.virtio4j.blk.image.ImageTraits;
import dev.virtio4j.device.DeviceContext;
import dev.virtio4j.device.DeviceQueue;
import dev.virtio4j.device.Metric;
import dev.virtio4j.device.QueueHandler;
import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.loop.DeviceLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;

/**
 * A Virtio block device (Virtio 1.4, 5.2).
 *
 * <pre>{@code
 * BlockDevice disk = BlockDevice.builder(Path.of("disk.img")).serial("abc").queues(4).build();
 * }</pre>
 *
 * <p>The status of a request that is not done:
 *
 * <table>
 *   <caption>Which wrong gets which status</caption>
 *   <tr><th>What is wrong</th><th>Status</th></tr>
 *   <tr><td>a type that is not offered: SCSI, BARRIER, GET_LIFETIME, SECURE_ERASE, zone requests,
 *     anything unknown</td><td>UNSUPP</td></tr>
 *   <tr><td>FLUSH where FLUSH is not offered (sync=none)</td><td>UNSUPP</td></tr>
 *   <tr><td>DISCARD or WRITE_ZEROES without its feature negotiated</td><td>UNSUPP</td></tr>
 *   <tr><td>a reserved flag in any range; unmap in a discard</td><td>UNSUPP</td></tr>
 *   <tr><td>more ranges than max_discard_seg or max_write_zeroes_seg</td><td>UNSUPP</td></tr>
 *   <tr><td>a range longer than max_discard_sectors or max_write_zeroes_sectors</td>
 *     <td>IOERR</td></tr>
 *   <tr><td>ranges whose bytes are no multiple of 16, or none at all</td><td>IOERR</td></tr>
 *   <tr><td>sectors past the disk's end, also by overflow</td><td>IOERR</td></tr>
 *   <tr><td>IN or OUT whose data is no multiple of 512 bytes</td><td>IOERR</td></tr>
 *   <tr><td>OUT on a read-only disk</td><td>IOERR</td></tr>
 *   <tr><td>data in the wrong direction: readable bytes after IN's header, writable ones before the
 *     status of OUT, DISCARD or WRITE_ZEROES</td><td>IOERR</td></tr>
 *   <tr><td>GET_ID with room for fewer than 20 bytes</td><td>IOERR</td></tr>
 *   <tr><td>more data segments than seg_max, or larger ones than size_max, where negotiated</td>
 *     <td>IOERR</td></tr>
 *   <tr><td>a header of fewer than 16 bytes</td><td>IOERR</td></tr>
 *   <tr><td>no writable byte for the status</td><td>none: given back with length 0</td></tr>
 *   <tr><td>the host's storage fails or is full</td><td>IOERR</td></tr>
 * </table>
 *
 * <p>The standard leaves open what a device does with what drivers must not send, beyond flags and
 * read-only disks; there the rule above is: what is malformed or out of range is IOERR ("device or
 * driver error"), what the device does not have is UNSUPP. IN and OUT without data are done, and do
 * nothing. FLUSH may carry data and a sector, which mean nothing. {@code reserved} is ignored.
 *
 * <p>Cache modes: a write is durable when it completes if the driver negotiated neither FLUSH nor
 * CONFIG_WCE, or set {@code writeback} to 0; else when a later flush completes. With {@link
 * SyncMode#NONE} nothing is.
 *
 * <p>A driver that does not negotiate VERSION_1 is served with the same little-endian layouts.
 */
public final class BlockDevice implements VirtioDevice {
  private static final byte STATE_VERSION = 1;

  private final DiskImage image;
  private final BlockDeviceConfig config;
  private final boolean readOnly;
  private final long features;
  private final int blockSize;
  private final ConfigSpace space;
  private final RateLimiter limiter;
  private final QueueStatistics[] statistics;
  private final DeviceLoop[] loops;

  /**
   * Held while storage is resized or synced, which takes a while: nothing of a loop's waits for it.
   */
  private final Object storage = new Object();

  private boolean closed;

  /** What the driver has accepted; what is offered until then. */
  private long agreed;

  /** Whether {@link #writeback} was set by the driver, or for it, since the reset. */
  private boolean writebackSet;

  private volatile long capacity;
  private volatile boolean writeback;
  private volatile boolean writeThrough;
  private volatile DeviceContext context;

  BlockDevice(DiskImage image, BlockDeviceConfig config) {
    this.image = Objects.requireNonNull(image, "image");
    this.config = config;
    readOnly = config.readOnly() || image.readOnly();
    capacity = image.size() / VirtioBlk.SECTOR;
    features = offered();
    blockSize = blockSize();
    space = new ConfigSpace(config, image.traits(), blockSize, features, unmaps());
    limiter = RateLimiter.of(config.rateLimit(), System.nanoTime());
    statistics = new QueueStatistics[config.queues()];
    Arrays.setAll(statistics, QueueStatistics::new);
    loops = new DeviceLoop[config.queues()];
    agreed = features;
    writeback = config.writeback() && offersFlush();
  }

  /**
   * Sets a device up on a raw image.
   *
   * @param image a file or block device
   * @return what can be set
   */
  public static BlockDeviceBuilder builder(Path image) {
    return new BlockDeviceBuilder(Objects.requireNonNull(image, "image"), null);
  }

  /**
   * Sets a device up on an image of any kind, which the device closes when it is closed.
   *
   * @param image an open image
   * @return what can be set
   */
  public static BlockDeviceBuilder builder(DiskImage image) {
    return new BlockDeviceBuilder(null, Objects.requireNonNull(image, "image"));
  }

  private long offered() {
    long bits =
        VirtioFeatures.RINGS
            | VirtioBlk.F_SIZE_MAX
            | VirtioBlk.F_SEG_MAX
            | VirtioBlk.F_GEOMETRY
            | VirtioBlk.F_BLK_SIZE
            | VirtioBlk.F_TOPOLOGY;
    if (config.sync() != SyncMode.NONE) {
      bits |= VirtioBlk.F_FLUSH | VirtioBlk.F_CONFIG_WCE;
    }
    if (config.queues() > 1) {
      bits |= VirtioBlk.F_MQ;
    }
    if (readOnly) {
      return bits | VirtioBlk.F_RO;
    }
    if (config.discard() && image.traits().discards()) {
      bits |= VirtioBlk.F_DISCARD;
    }
    return bits | VirtioBlk.F_WRITE_ZEROES;
  }

  private int blockSize() {
    int wanted = config.blockSize();
    if (wanted == 0) {
      int own = image.traits().logicalBlock();
      // A block that the disk's end cuts cannot be told to a driver.
      return image.size() % own == 0 ? own : VirtioBlk.SECTOR;
    }
    if (image.size() % wanted != 0) {
      throw new IllegalArgumentException(
          "block size: %d; the image's %d bytes are not a multiple of it"
              .formatted(wanted, image.size()));
    }
    return wanted;
  }

  // What the queues ask for

  DiskImage image() {
    return image;
  }

  /**
   * How the device was set up.
   *
   * @return its configuration
   */
  public BlockDeviceConfig config() {
    return config;
  }

  boolean readOnly() {
    return readOnly;
  }

  /**
   * How large the disk is now.
   *
   * @return sectors of 512 bytes
   */
  public long capacity() {
    return capacity;
  }

  int segMax() {
    return space.segMax;
  }

  boolean offersFlush() {
    return config.sync() != SyncMode.NONE;
  }

  boolean writeThrough() {
    return writeThrough;
  }

  boolean unmaps() {
    ImageTraits traits = image.traits();
    return config.discard() && !readOnly && traits.zeroingDiscards();
  }

  RateLimiter limiter() {
    return limiter;
  }

  byte[] id() {
    return Arrays.copyOf(config.serial().getBytes(StandardCharsets.US_ASCII), VirtioBlk.ID_BYTES);
  }

  // Life

  @Override
  public int deviceId() {
    return VirtioBlk.DEVICE_ID;
  }

  @Override
  public long features() {
    return features;
  }

  @Override
  public int queues() {
    return config.queues();
  }

  @Override
  public int maxQueueSize(int index) {
    return config.queueSize();
  }

  @Override
  public int configSize() {
    return VirtioBlk.CONFIG_BYTES;
  }

  @Override
  public void readConfig(int offset, ByteBuffer target) {
    space.read(offset, target, capacity, writeback);
  }

  @Override
  public void writeConfig(int offset, ByteBuffer source) {
    int at = VirtioBlk.CONFIG_WRITEBACK - offset;
    if (at >= 0 && at < source.remaining()) {
      setWriteback(source.get(source.position() + at) != 0);
    }
    source.position(source.limit());
  }

  private synchronized void setWriteback(boolean on) {
    if ((agreed & VirtioBlk.F_CONFIG_WCE) != 0) {
      writeback = on;
      writebackSet = true;
      writeThrough = !on;
    }
  }

  /** Drivers read {@code writeback} between FEATURES_OK and DRIVER_OK, so it is decided here. */
  @Override
  public synchronized void featuresAgreed(long driverFeatures) {
    agreed = driverFeatures;
    boolean flush = (agreed & VirtioBlk.F_FLUSH) != 0;
    boolean wce = (agreed & VirtioBlk.F_CONFIG_WCE) != 0;
    boolean legacy = (agreed & VirtioFeatures.VERSION_1) == 0;
    if (!wce || !writebackSet) {
      // 5.2.5.2: without FLUSH the cache is writethrough. 5.2.5.3: a legacy driver's choice of
      // features does not change a mode that it can set itself.
      writeback = config.writeback() && offersFlush() && (flush || (wce && legacy));
    }
    writeThrough = offersFlush() && !writeback;
  }

  @Override
  public synchronized void activate(DeviceContext newContext) {
    context = newContext;
    featuresAgreed(newContext.features());
  }

  @Override
  public QueueHandler startQueue(DeviceQueue queue) {
    synchronized (loops) {
      loops[queue.index()] = queue.loop();
    }
    return new BlockQueue(this, queue, statistics[queue.index()]);
  }

  @Override
  public synchronized CompletionStage<Void> reset() {
    context = null;
    agreed = features;
    writebackSet = false;
    writeback = config.writeback() && offersFlush();
    return CompletableFuture.completedStage(null);
  }

  @Override
  public byte[] save() {
    return new byte[] {STATE_VERSION, (byte) (writeback ? 1 : 0)};
  }

  @Override
  public synchronized void restore(byte[] state) {
    if (state.length == 0) {
      return;
    }
    if (state.length != 2 || state[0] != STATE_VERSION || (state[1] & ~1) != 0) {
      throw new IllegalArgumentException(
          "not the state of a block device: %s".formatted(Arrays.toString(state)));
    }
    writeback = state[1] == 1 && offersFlush();
    writebackSet = true;
    writeThrough = offersFlush() && !writeback;
  }

  /**
   * Grows the disk while it is in use, and tells the driver.
   *
   * @param bytes the new size, a multiple of 512 and of the block size
   * @throws IllegalArgumentException if the disk is read-only or would shrink, or the size is no
   *     such multiple
   * @throws UncheckedIOException if the image cannot grow
   */
  public void resize(long bytes) {
    if (readOnly) {
      throw new IllegalArgumentException("a read-only disk cannot grow");
    }
    if (bytes % blockSize != 0) {
      throw new IllegalArgumentException(
          "size of %d bytes; a multiple of the block size %d is right".formatted(bytes, blockSize));
    }
    synchronized (storage) {
      try {
        image.resize(bytes);
      } catch (IOException e) {
        throw new UncheckedIOException(e.getMessage(), e);
      }
      capacity = image.size() / VirtioBlk.SECTOR;
    }
    DeviceContext now = context;
    if (now != null) {
      now.configChanged();
    }
  }

  @Override
  public CompletionStage<List<Metric>> metrics() {
    List<Metric> all = new ArrayList<>();
    CompletionStage<Void> collected = CompletableFuture.completedStage(null);
    for (int i = 0; i < statistics.length; i++) {
      QueueStatistics of = statistics[i];
      DeviceLoop loop;
      synchronized (loops) {
        loop = loops[i];
      }
      if (loop != null) {
        collected = collected.thenCompose(before -> collect(of, loop, all));
      }
    }
    return collected.thenApply(done -> all);
  }

  private static CompletionStage<Void> collect(
      QueueStatistics statistics, DeviceLoop loop, List<Metric> into) {
    try {
      return CompletableFuture.runAsync(() -> statistics.collect(into), loop);
    } catch (RejectedExecutionException e) {
      statistics.collect(into); // The loop has ended: nobody counts any more.
      return CompletableFuture.completedStage(null);
    }
  }

  /**
   * Makes what was written durable, unless nothing is, and closes the image.
   *
   * @throws UncheckedIOException if that could not be done; the image is closed all the same
   */
  @Override
  public void close() {
    synchronized (storage) {
      if (closed) {
        return;
      }
      closed = true;
      try {
        if (!readOnly && config.sync() != SyncMode.NONE) {
          image.sync();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(
            new IOException(image + ": what was written last may be lost: " + e.getMessage(), e));
      } finally {
        image.close();
      }
    }
  }

  @Override
  public String toString() {
    return "BlockDevice[%s, %d sectors%s]"
        .formatted(image, capacity, readOnly ? ", read-only" : "");
  }
}
