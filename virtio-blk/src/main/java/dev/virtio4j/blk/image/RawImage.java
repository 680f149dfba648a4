package dev.virtio4j.blk.image;

import dev.virtio4j.blk.io.HostFile;
import dev.virtio4j.blk.io.ImageLock;
import dev.virtio4j.blk.io.Zeroes;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileIo;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.FileMode;
import dev.virtio4j.posix.PosixException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A file or block device whose bytes are the disk's.
 *
 * <p><b>Holes are kept.</b> A discard punches a hole; zeroes become a hole where that is allowed,
 * else a zeroed extent; where the file system can do neither, zeroes are written, and discards do
 * nothing. On a block device a hole is what its driver makes of one (zeroes by unmapping); where it
 * makes none, discards do nothing either.
 *
 * <p><b>A length that is no multiple of 512</b> is rounded up: the last sector can be read and
 * written, and reads as zeroes past the file's end. The file grows to the sector's end when that
 * sector is first written.
 *
 * <p><b>Direct I/O</b> goes past the page cache wherever a request is aligned to the file's blocks.
 * Data that does not lie so aligned in memory takes a detour through bounce buffers; a request that
 * is not aligned in the file goes through the page cache, alone among the image's writes.
 *
 * <p><b>Truncation.</b> When somebody cuts the file while it is open, reads past its new end fail;
 * writes extend it again.
 *
 * <p><b>Locks.</b> See {@link LockMode}; they are those of QEMU, so that an image that a QEMU
 * process or another of this framework writes is refused. Readers share. In a live migration two
 * servers have one image open: both need {@link LockMode#OFF}.
 */
public final class RawImage implements DiskImage {
  /** How many bytes of zeroes the portable engine writes at once. */
  static final int ZERO_BUFFER = 1 << 20;

  private static final System.Logger LOG = System.getLogger(RawImage.class.getName());
  private static final boolean LINUX = System.getProperty("os.name").startsWith("Linux");
  private static final int PORTABLE_THREADS = 4;
  private static final int PORTABLE_BLOCK = 4096;
  private static final Duration LOCK_PATIENCE = Duration.ofSeconds(5);

  private final Path path;
  private final Options options;
  private final Engine engine;

  /** Linux's engines; null with the portable one. */
  private final HostFile file;

  /** The same file through the page cache; null unless direct. */
  private final HostFile cached;

  private final WriteGate gate;

  /** The portable engine; null with Linux's. */
  private final FileChannel channel;

  private final ThreadPoolExecutor threads;

  private final ImageLock lock;
  private final ImageTraits traits;

  /** Held while the file is made longer, which may wait for a disk: no loop may wait for it. */
  private final Object resizing = new Object();

  private volatile long fileBytes;
  private volatile long size;
  private volatile boolean punches;
  private volatile boolean zeroRanges;
  private volatile Zeroes zeroes;
  private volatile ByteBuffer zeroBuffer;

  private final AtomicBoolean warned = new AtomicBoolean();

  /** The first error that making data durable met: what was lost then is not there later. */
  private final AtomicInteger flushError = new AtomicInteger();

  /**
   * How an image is opened.
   *
   * @param readOnly nothing in it is changed
   * @param direct past the page cache (O_DIRECT); Linux alone
   * @param engine how I/O is done
   * @param locking whether other users are kept out
   */
  public record Options(boolean readOnly, boolean direct, Engine engine, LockMode locking) {
    /** For reading and writing, through the page cache, engine and locking as the host has them. */
    public static final Options DEFAULT = new Options(false, false, Engine.AUTO, LockMode.AUTO);

    /**
     * Checks the combination.
     *
     * @param readOnly see above
     * @param direct see above
     * @param engine see above
     * @param locking see above
     */
    public Options {
      Objects.requireNonNull(engine, "engine");
      Objects.requireNonNull(locking, "locking");
      if (direct && engine == Engine.PORTABLE) {
        throw new IllegalArgumentException(
            "the portable engine has no direct I/O; use another engine, or direct=off");
      }
    }
  }

  private RawImage(Path path, Options options, int leastAlignment, Duration lockPatience)
      throws IOException {
    this.path = path;
    this.options = options;
    refuseOthers();
    Engine chosen = options.engine();
    if (chosen == Engine.AUTO) {
      chosen = !LINUX ? Engine.PORTABLE : options.direct() ? Engine.IO_URING : Engine.VECTORED;
    }
    engine = chosen;
    if (!LINUX && (engine != Engine.PORTABLE || options.direct())) {
      throw new IOException(
          "image %s: %s needs Linux; the engine 'portable' runs here"
              .formatted(path, options.direct() ? "direct I/O" : "this engine"));
    }
    lock = lock(lockPatience);
    HostFile main = null;
    HostFile second = null;
    FileChannel portable = null;
    boolean complete = false;
    try {
      if (engine == Engine.PORTABLE) {
        portable = openChannel();
        fileBytes = portable.size();
        traits = new ImageTraits(SECTOR, PORTABLE_BLOCK, false, PORTABLE_BLOCK, false);
        gate = null;
      } else {
        main = HostFile.open(path, options.readOnly(), options.direct(), leastAlignment);
        second = options.direct() ? HostFile.open(path, options.readOnly(), false, 1) : null;
        fileBytes = main.size();
        traits = traits(main, options.readOnly());
        gate = main.offsetAlignment() > SECTOR ? new WriteGate() : null;
      }
      complete = true;
    } catch (PosixException e) {
      throw new IOException(explain(e), e);
    } finally {
      if (!complete) {
        closeAll(portable, second, main, lock);
      }
    }
    file = main;
    cached = second;
    channel = portable;
    threads = portable == null ? null : threads(path);
    punches = engine != Engine.PORTABLE;
    zeroRanges = punches;
    size = roundUp(fileBytes);
  }

  /**
   * Opens an image. Waits a few seconds for somebody else who uses it, as a process that was killed
   * may for a moment.
   *
   * @param path a file or block device that is there
   * @param options how
   * @return the open image
   * @throws IOException if it cannot be opened, or somebody else uses it
   */
  public static RawImage open(Path path, Options options) throws IOException {
    return new RawImage(path, options, 1, LOCK_PATIENCE);
  }

  /** Opens an image as if its file asked for at least such alignment of direct I/O. */
  static RawImage open(Path path, Options options, int leastAlignment) throws IOException {
    return new RawImage(path, options, leastAlignment, LOCK_PATIENCE);
  }

  /** Opens an image, waiting so long for who uses it. */
  static RawImage open(Path path, Options options, Duration lockPatience) throws IOException {
    return new RawImage(path, options, 1, lockPatience);
  }

  /**
   * Makes an image file without content: one hole.
   *
   * @param path a file that is not there
   * @param bytes its length, a multiple of 512
   * @throws IOException if it is there, or cannot be made
   */
  public static void create(Path path, long bytes) throws IOException {
    if (bytes <= 0 || bytes % SECTOR != 0) {
      throw new IllegalArgumentException(
          "image size of %d bytes; a multiple of %d, above 0, is right".formatted(bytes, SECTOR));
    }
    Files.createFile(path);
    try (RandomAccessFile made = new RandomAccessFile(path.toFile(), "rw")) {
      made.setLength(bytes);
    } catch (IOException e) {
      Files.deleteIfExists(path);
      throw e;
    }
  }

  /** Opening or locking a FIFO or a device of another kind may hold the process up, or do harm. */
  private void refuseOthers() throws IOException {
    if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return;
    }
    int mode;
    try {
      mode = (Integer) Files.getAttribute(path, "unix:mode");
    } catch (IOException e) {
      return; // Why it cannot be opened is better told by who opens it.
    }
    int type = mode & FileMode.S_IFMT;
    if (type != FileMode.S_IFREG && type != FileMode.S_IFBLK) {
      throw new IOException(
          "image %s cannot be opened: it is neither a file nor a block device".formatted(path));
    }
  }

  private ImageLock lock(Duration patience) throws IOException {
    if (options.locking() == LockMode.OFF) {
      return null;
    }
    if (!LINUX) {
      if (options.locking() == LockMode.ON) {
        throw new IOException(
            "image %s: locks need Linux; use locking=auto or off here".formatted(path));
      }
      return null;
    }
    try {
      return ImageLock.acquire(path, options.readOnly(), patience);
    } catch (ImageLock.LockedException e) {
      if (e.unsupported() && options.locking() == LockMode.AUTO) {
        LOG.log(Level.DEBUG, e.getMessage());
        return null;
      }
      throw new IOException(e.getMessage(), e);
    } catch (PosixException e) {
      throw new IOException(explain(e), e);
    }
  }

  private String explain(PosixException e) {
    String hint =
        options.direct() && e.errno() == Errno.EINVAL
            ? "; perhaps its file system has no direct I/O: try direct=off"
            : "";
    return "image %s cannot be opened%s: %s%s"
        .formatted(path, options.readOnly() ? "" : " for writing", e.getMessage(), hint);
  }

  private FileChannel openChannel() throws IOException {
    return options.readOnly()
        ? FileChannel.open(path, StandardOpenOption.READ)
        : FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static ImageTraits traits(HostFile file, boolean readOnly) {
    int logical = Math.max(SECTOR, file.offsetAlignment());
    int physical = Math.max(logical, file.preferredBlock());
    return new ImageTraits(logical, physical, !readOnly, physical, !readOnly);
  }

  private static ThreadPoolExecutor threads(Path path) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            PORTABLE_THREADS,
            PORTABLE_THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "image " + path.getFileName());
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static long roundUp(long bytes) {
    return (bytes + SECTOR - 1) & -SECTOR;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public boolean readOnly() {
    return options.readOnly();
  }

  @Override
  public ImageTraits traits() {
    return traits;
  }

  /**
   * How I/O is done.
   *
   * @return the engine that was chosen; never AUTO
   */
  public Engine engine() {
    return engine;
  }

  @Override
  public ImageChannel open(DeviceLoop loop) {
    if (channel != null) {
      return new PortableChannel(this, loop, channel, threads);
    }
    return new NativeChannel(this, loop, file, engine == Engine.VECTORED && !options.direct());
  }

  @Override
  public void resize(long bytes) throws IOException {
    synchronized (resizing) {
      resizeAlone(bytes);
    }
  }

  private void resizeAlone(long bytes) throws IOException {
    if (bytes % SECTOR != 0) {
      throw new IllegalArgumentException(
          "size of %d bytes for %s; a multiple of %d is right".formatted(bytes, path, SECTOR));
    }
    if (bytes < size) {
      throw new IllegalArgumentException(
          "image %s has %d bytes and cannot shrink to %d; disks only grow"
              .formatted(path, size, bytes));
    }
    if (options.readOnly()) {
      throw new IllegalArgumentException("image " + path + " is read-only and cannot grow");
    }
    try {
      grow(bytes);
    } catch (PosixException e) {
      throw new IOException("image %s cannot grow: %s".formatted(path, e.getMessage()), e);
    }
    size = bytes;
  }

  private void grow(long bytes) throws IOException {
    if (channel != null) {
      if (bytes > channel.size()) {
        // FileChannel has no way to grow a file but to write its last byte.
        channel.write(ByteBuffer.allocate(1), bytes - 1);
      }
      extended(bytes);
      return;
    }
    if (file.blockDevice()) {
      long now = file.size();
      if (now < bytes) {
        throw new IOException(
            "block device %s has %d bytes; grow it first to %d".formatted(path, now, bytes));
      }
    } else if (file.size() < bytes) {
      file.truncate(bytes);
    }
    extended(bytes);
  }

  @Override
  public void sync() throws IOException {
    if (options.readOnly()) {
      return;
    }
    try {
      if (channel != null) {
        channel.force(false);
      } else {
        file.sync();
      }
    } catch (PosixException e) {
      throw new IOException("image %s: %s".formatted(path, e.getMessage()), e);
    }
  }

  @Override
  public void close() {
    if (threads != null) {
      threads.shutdown();
    }
    closeAll(channel, cached, file, lock);
  }

  private static void closeAll(AutoCloseable... all) {
    for (AutoCloseable each : all) {
      try {
        if (each != null) {
          each.close();
        }
      } catch (Exception e) {
        LOG.log(Level.DEBUG, "closing an image", e);
      }
    }
  }

  // For the channels

  /** Tells the user who asked for io_uring that a loop has none. */
  void served(FileIo io) {
    if (options.engine() == Engine.IO_URING
        && !"io_uring".equals(io.name())
        && warned.compareAndSet(false, true)) {
      LOG.log(
          Level.WARNING,
          "image {0}: this loop has no io_uring; its file I/O goes to {1}",
          path,
          io.name());
    }
  }

  WriteGate gate() {
    return gate;
  }

  boolean unaligned(ImageRequest request) {
    return ((request.start() | request.size()) & (file.offsetAlignment() - 1)) != 0;
  }

  int cachedDescriptor() {
    return cached.descriptor();
  }

  long fileBytes() {
    return fileBytes;
  }

  /** A write went as far as this; one into the last, partial sector made the file longer. */
  void written(long end) {
    if (end > fileBytes) {
      extended(end);
    }
  }

  private synchronized void extended(long end) {
    fileBytes = Math.max(fileBytes, end);
  }

  /** Notes what making data durable came to; an error stays, since what it lost stays lost. */
  int flushed(int result) {
    if (result < 0) {
      flushError.compareAndSet(0, result);
    }
    return flushError.get();
  }

  boolean punches() {
    return punches;
  }

  void punches(boolean can) {
    punches = can;
  }

  boolean zeroRanges() {
    return zeroRanges;
  }

  void zeroRanges(boolean can) {
    zeroRanges = can;
  }

  synchronized Zeroes zeroes() {
    if (zeroes == null) {
      zeroes = new Zeroes();
    }
    return zeroes;
  }

  synchronized ByteBuffer zeroBuffer(int length) {
    if (zeroBuffer == null) {
      zeroBuffer = ByteBuffer.allocateDirect(ZERO_BUFFER).asReadOnlyBuffer();
    }
    return zeroBuffer.slice(0, length);
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
