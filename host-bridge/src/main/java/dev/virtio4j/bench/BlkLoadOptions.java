package dev.virtio4j.bench;

import java.nio.file.Path;
import java.time.Duration;

/**
 * A block load: what to do, on which back-end, for how long. What depends on the disk, such as its
 * size, is checked when the load meets it.
 *
 * @param socket the back-end's Unix socket
 * @param workload what to do
 * @param blockSize bytes of a request, a multiple of 512 up to 16 MiB
 * @param depth requests in flight on each queue, 1 to 4096
 * @param rings the rings
 * @param irq whether to sleep until the back-end's interrupt, as a guest does, or poll
 * @param time how long to measure; of no effect for {@link Workload#VERIFY}
 * @param warmup how long to run before that
 * @param span bytes from the start of the disk that are used, 0 for all
 * @param flushEvery a flush follows each so many writes, 0 for none
 * @param verify whether data is compared with the pattern of the seed
 * @param inflight whether requests are tracked in a region that outlives the back-end
 * @param dirtyLog whether the back-end marks what it writes in a log, as in a migration
 * @param seed what random positions and the pattern are made from
 */
public record BlkLoadOptions(
    Path socket,
    Workload workload,
    int blockSize,
    int depth,
    RingOptions rings,
    boolean irq,
    Duration time,
    Duration warmup,
    long span,
    int flushEvery,
    boolean verify,
    boolean inflight,
    boolean dirtyLog,
    long seed) {
  /** Bytes of a sector, in which a block device counts (Virtio 1.4, 5.2). */
  public static final int SECTOR = 512;

  private static final int MAX_BLOCK = 16 << 20;
  private static final int MAX_DEPTH = 4096;
  private static final Duration LONGEST = Duration.ofDays(1);

  /**
   * Checks the ranges.
   *
   * @param socket see above
   * @param workload see above
   * @param blockSize see above
   * @param depth see above
   * @param rings see above
   * @param irq see above
   * @param time see above
   * @param warmup see above
   * @param span see above
   * @param flushEvery see above
   * @param verify see above
   * @param inflight see above
   * @param dirtyLog see above
   * @param seed see above
   * @throws IllegalArgumentException if one is left; the message names the option
   */
  public BlkLoadOptions {
    if (blockSize < SECTOR || blockSize > MAX_BLOCK || blockSize % SECTOR != 0) {
      throw new IllegalArgumentException(
          "--bs is %d; it may be a multiple of 512 from 512 to 16m".formatted(blockSize));
    }
    if (depth < 1 || depth > MAX_DEPTH) {
      throw new IllegalArgumentException(
          "--qd is %d; it may be 1 to %d".formatted(depth, MAX_DEPTH));
    }
    int kinds = kinds(workload, verify);
    String ring =
        rings.problem(depth, rings.needed(depth, kinds, flushes(workload, verify, flushEvery)));
    if (ring != null) {
      throw new IllegalArgumentException(ring);
    }
    if (time.isNegative() || time.isZero() || time.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "--secs is %s; it may be more than 0, and at most 86400".formatted(seconds(time)));
    }
    if (warmup.isNegative() || warmup.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "--warmup is %s; it may be 0 to 86400".formatted(seconds(warmup)));
    }
    if (span < 0 || (span != 0 && span < blockSize)) {
      throw new IllegalArgumentException(
          "--span is %d; it may be the size of a block (%d) or more, or 0 for the whole disk"
              .formatted(span, blockSize));
    }
    if (flushEvery < 0) {
      throw new IllegalArgumentException(
          "--flush-every is %d; it may be 0 for never, or more".formatted(flushEvery));
    }
    if (flushEvery > 0 && !workload.writes()) {
      throw new IllegalArgumentException(
          "--flush-every needs a load that writes, and --rw %s does not".formatted(workload));
    }
  }

  private static String seconds(Duration duration) {
    return Double.toString(duration.toMillis() / 1000.0);
  }

  private static int kinds(Workload workload, boolean verify) {
    return workload.writes() && (workload.reads() || verify) ? 2 : 1;
  }

  private static boolean flushes(Workload workload, boolean verify, int flushEvery) {
    boolean compares = verify || workload == Workload.VERIFY;
    return flushEvery > 0 || (compares && workload.writes());
  }

  /** Whether data is compared, by the workload or because it was asked for. */
  boolean compares() {
    return verify || workload == Workload.VERIFY;
  }

  /** Whether the load flushes. */
  boolean flushes() {
    return flushes(workload, verify, flushEvery);
  }

  /** The entries that each ring gets. */
  int ringSize() {
    return rings.sizeFor(rings.needed(depth, kinds(workload, verify), flushes()));
  }

  /**
   * The usual load: 4 KiB at random, 32 deep, one split ring, polling, 5 seconds after half a
   * second.
   *
   * @param socket the back-end's Unix socket
   * @param workload what to do
   * @return the options
   */
  public static BlkLoadOptions usual(Path socket, Workload workload) {
    return new BlkLoadOptions(
        socket,
        workload,
        4096,
        32,
        RingOptions.DEFAULT,
        false,
        Duration.ofSeconds(5),
        Duration.ofMillis(500),
        0,
        0,
        false,
        false,
        false,
        1);
  }
}
