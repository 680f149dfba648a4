package dev.virtio4j.netty;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileIo;
import dev.virtio4j.loop.FileThreads;
import dev.virtio4j.loop.ThreadFileIo;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.posix.uring.UringFileIo;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A group of running loops, which end together. */
public final class DeviceLoops implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DeviceLoops.class.getName());

  /** How long a loop looks on after the last work before it sleeps, at most, unless told. */
  public static final Duration DEFAULT_SPIN_LIMIT = Duration.ofNanos(30_000);

  private final List<NettyDeviceLoop> loops;

  /** How many of them are for queues. */
  private final int count;

  private final FileThreads threads;

  private DeviceLoops(Builder builder) {
    threads = new FileThreads(builder.namePrefix + "-io", builder.fileThreads);
    count = builder.count;
    loops = new ArrayList<>(count + 1);
    try {
      for (int i = 0; i < count; i++) {
        loops.add(builder.loop(Integer.toString(i), threads));
      }
      if (builder.ownControl) {
        loops.add(builder.loop("control", threads));
      }
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  /**
   * Starts loops with the defaults.
   *
   * @param count how many, 1 or more
   * @return running loops
   */
  public static DeviceLoops start(int count) {
    return builder().count(count).start();
  }

  /**
   * Begins to set loops up.
   *
   * @return one loop, with the defaults
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Which file I/O the loops use. */
  public enum FileIoChoice {
    /** io_uring where the host has it, threads elsewhere. */
    BEST,
    /** Threads that block. */
    THREADS
  }

  /** How loops are to be. */
  public static final class Builder {
    private int count = 1;
    private String namePrefix = "device-loop";
    private Duration spinLimit = DEFAULT_SPIN_LIMIT;
    private FileIoChoice fileIo = FileIoChoice.BEST;
    private int fileThreads = 4;
    private boolean ownControl;

    private Builder() {}

    /**
     * Sets how many loops there are.
     *
     * @param loops 1 or more
     * @return this
     */
    public Builder count(int loops) {
      if (loops < 1) {
        throw new IllegalArgumentException("there must be 1 loop or more: " + loops);
      }
      count = loops;
      return this;
    }

    /**
     * Adds a loop on which no queue sits, so that queues which are to have a loop to themselves do
     * not share it with the sessions of others.
     *
     * @return this
     */
    public Builder ownControl() {
      ownControl = true;
      return this;
    }

    /**
     * Sets what the threads' names begin with.
     *
     * @param prefix a short name
     * @return this
     */
    public Builder namePrefix(String prefix) {
      namePrefix = Objects.requireNonNull(prefix, "prefix");
      return this;
    }

    /**
     * Sets how long a loop looks on after the last work before it sleeps. It adapts below that.
     *
     * @param limit at most this; zero never looks twice
     * @return this
     */
    public Builder spinLimit(Duration limit) {
      if (limit.isNegative()) {
        throw new IllegalArgumentException("negative spin limit: " + limit);
      }
      spinLimit = limit;
      return this;
    }

    /**
     * Sets what does the file I/O.
     *
     * @param choice which
     * @return this
     */
    public Builder fileIo(FileIoChoice choice) {
      fileIo = Objects.requireNonNull(choice, "choice");
      return this;
    }

    /**
     * Sets how many threads the loops share for file I/O, where they use threads.
     *
     * @param threads 1 or more
     * @return this
     */
    public Builder fileThreads(int threads) {
      if (threads < 1) {
        throw new IllegalArgumentException("there must be 1 thread or more: " + threads);
      }
      fileThreads = threads;
      return this;
    }

    /**
     * Starts the loops.
     *
     * @return running loops
     */
    public DeviceLoops start() {
      return new DeviceLoops(this);
    }

    private NettyDeviceLoop loop(String name, FileThreads threads) {
      return new NettyDeviceLoop(namePrefix + "-" + name, spinLimit.toNanos(), fileIo(threads));
    }

    private FileIo.Factory fileIo(FileThreads threads) {
      return switch (fileIo) {
        case BEST -> loop -> best(loop, threads);
        case THREADS -> loop -> new ThreadFileIo(loop, threads);
      };
    }

    private static FileIo best(DeviceLoop loop, FileThreads threads) {
      try {
        return UringFileIo.open(loop);
      } catch (PosixException e) {
        LOG.log(Level.INFO, () -> loop.name() + " uses threads for file I/O: " + e.getMessage());
        return new ThreadFileIo(loop, threads);
      }
    }
  }

  /**
   * How many loops there are for queues.
   *
   * @return 1 or more
   */
  public int count() {
    return count;
  }

  /**
   * The loop for sessions.
   *
   * @return one of its own where {@link Builder#ownControl()} asked for it, else the first
   */
  public DeviceLoop control() {
    return loops.get(loops.size() > count ? count : 0);
  }

  /**
   * A loop for a queue.
   *
   * @param index 0 or more; those past the end start over
   * @return one of the loops
   */
  public DeviceLoop get(int index) {
    return loops.get(Math.floorMod(index, count));
  }

  /**
   * Ends the loops: tasks that were submitted run, file operations complete, timers are forgotten.
   * Waits for the end, unless called on one of the loops.
   */
  @Override
  public void close() {
    boolean inside = false;
    for (NettyDeviceLoop loop : loops) {
      loop.shutdown();
      inside |= loop.inLoop();
    }
    if (!inside) {
      loops.forEach(NettyDeviceLoop::close);
      threads.close();
    }
  }
}
