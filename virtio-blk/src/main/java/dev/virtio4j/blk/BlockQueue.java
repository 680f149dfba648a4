package dev.virtio4j.blk;

import dev.virtio4j.blk.image.ImageChannel;
import dev.virtio4j.blk.image.ImageRequest.Op;
import dev.virtio4j.device.DeviceQueue;
import dev.virtio4j.device.QueueHandler;
import dev.virtio4j.loop.Registration;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.queue.BufferChain;
import dev.virtio4j.queue.ChainWriter;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;

/** Serves one request queue on its loop. */
final class BlockQueue implements QueueHandler {
  private static final System.Logger LOG = System.getLogger(BlockQueue.class.getName());
  private static final long LOG_EVERY_NANOS = 10_000_000_000L;

  /** How long requests are taken for before the loop looks at its other work. */
  private static final long TURN_NANOS = 50_000;

  private final BlockDevice device;
  private final DeviceQueue queue;
  private final ImageChannel image;
  private final RequestParser parser;
  private final RateLimiter limiter;
  private final QueueStatistics statistics;
  private final BlockRequest[] requests;
  private final ByteBuffer id;

  /** Checked, and waiting for the rate limit; nothing else is taken meanwhile. */
  private BlockRequest parked;

  private Registration timer;

  /** What an image threw that should have thrown nothing, until it is logged. */
  private RuntimeException defect;

  private boolean logged;
  private long loggedAt;
  private long unlogged;

  BlockQueue(BlockDevice device, DeviceQueue queue, QueueStatistics statistics) {
    this.device = device;
    this.queue = queue;
    this.statistics = statistics;
    image = device.image().open(queue.loop());
    parser = new RequestParser(device, queue.features());
    limiter = device.limiter();
    requests = new BlockRequest[queue.size()];
    id = ByteBuffer.wrap(device.id());
  }

  @Override
  public void process() {
    if (parked != null) {
      return;
    }
    BufferChain chain = queue.next();
    if (chain == null) {
      return;
    }
    // One look at the clock a request: where one is done, the next begins.
    long begun = System.nanoTime();
    long now = begun;
    do {
      now = take(chain, now);
      // Large requests are copied here, and other queues of the loop wait meanwhile.
    } while (parked == null && now - begun < TURN_NANOS && (chain = queue.next()) != null);
  }

  private long take(BufferChain chain, long now) {
    if (chain.writableBytes() == 0) {
      // Nowhere to put a status: given back untouched.
      statistics.failed(BlockOp.OTHER, BlockError.DRIVER);
      queue.complete(chain, 0);
      return now;
    }
    BlockRequest request = requests[chain.slot()];
    if (request == null) {
      request = new BlockRequest(this);
      requests[chain.slot()] = request;
    }
    request.begin(chain, now);
    int status = parser.parse(request);
    if (status != RequestParser.ACCEPTED) {
      refuse(request, status);
      return now;
    }
    if (limiter != null) {
      long delay = limiter.admit(moved(request), now);
      if (delay > 0) {
        park(request, delay);
        return now;
      }
    }
    return start(request, now);
  }

  // Rate limit

  /** Bytes that count for the limit; zeroes do, since they may have to be written. */
  private static long moved(BlockRequest request) {
    return switch (request.op) {
      case READ, WRITE, WRITE_ZEROES -> request.dataBytes;
      default -> 0;
    };
  }

  private void park(BlockRequest request, long delay) {
    timer = queue.loop().schedule(delay, this::unpark);
    parked = request;
    statistics.throttled();
  }

  private void unpark() {
    BlockRequest request = parked;
    if (request == null) {
      return;
    }
    long now = System.nanoTime();
    long delay = limiter.admit(moved(request), now);
    if (delay > 0) {
      try {
        timer = queue.loop().schedule(delay, this::unpark);
        return;
      } catch (RuntimeException | Error e) {
        // Nobody would ever come back for it.
        limiter.force(moved(request), now);
      }
    }
    goOn(request, now);
  }

  private void goOn(BlockRequest request, long now) {
    parked = null;
    timer = null;
    try {
      start(request, now);
    } catch (RuntimeException | Error e) {
      broken(request, e); // Nobody above knows which request this timer was for.
    }
    queue.wake();
  }

  @Override
  public void quiesce() {
    BlockRequest request = parked;
    if (request != null) {
      // A stop does not wait for a rate limit.
      timer.close();
      long now = System.nanoTime();
      limiter.force(moved(request), now);
      goOn(request, now);
    }
  }

  // Doing

  private long start(BlockRequest request, long now) {
    int result;
    if (request.op == BlockOp.GET_ID) {
      request.chain.writer().write(id.clear());
      result = 0;
    } else {
      result = submit(request);
    }
    if (result == ImageChannel.PENDING) {
      return now;
    }
    long end = System.nanoTime();
    complete(request, result, end);
    return end;
  }

  private int submit(BlockRequest request) {
    try {
      return request.ranges > 0 ? submitRanges(request) : image.submit(request);
    } catch (RuntimeException e) {
      defect = e;
      return -Errno.EIO;
    }
  }

  private int submitRanges(BlockRequest request) {
    int result = 0;
    while (result == 0 && request.range < request.ranges) {
      int i = request.range++;
      boolean zero = request.op == BlockOp.WRITE_ZEROES;
      long sectors = Integer.toUnsignedLong(request.rangeCount(i));
      request.prepare(
          zero ? Op.WRITE_ZEROES : Op.DISCARD,
          request.rangeSector(i) * VirtioBlk.SECTOR,
          sectors * VirtioBlk.SECTOR);
      if (zero) {
        request.durable(device.writeThrough());
        request.unmap((request.rangeFlags(i) & VirtioBlk.RANGE_UNMAP) != 0 && device.unmaps());
      }
      result = image.submit(request);
    }
    return result;
  }

  /** The image finished a request that was pending. */
  void finished(BlockRequest request, int result) {
    int outcome = result;
    if (outcome == 0 && request.range < request.ranges) {
      outcome = submit(request);
      if (outcome == ImageChannel.PENDING) {
        return;
      }
    }
    complete(request, outcome, System.nanoTime());
  }

  // Completing

  private void complete(BlockRequest request, int result, long now) {
    if (result < 0) {
      BlockError kind = BlockError.ofErrno(-result);
      statistics.failed(request.op, kind);
      logFailure(request, -result, now);
      giveBack(request, VirtioBlk.S_IOERR, false);
    } else {
      statistics.done(request.op, request.dataBytes, now - request.started);
      giveBack(request, VirtioBlk.S_OK, true);
    }
  }

  private void refuse(BlockRequest request, int status) {
    statistics.failed(
        request.op, status == VirtioBlk.S_UNSUPP ? BlockError.UNSUPPORTED : BlockError.DRIVER);
    giveBack(request, status, false);
  }

  /**
   * The status is the last writable byte. The length counts what was written from the first one on,
   * without a gap (2.7.8.2): data that was not filled leaves the status out of it.
   */
  private void giveBack(BlockRequest request, int status, boolean filled) {
    BufferChain chain = request.chain;
    ChainWriter writer = chain.writer();
    long data = chain.writableBytes() - 1;
    writer.position(data);
    writer.writeByte((byte) status);
    long written;
    if (data == 0 || (filled && data == request.dataBytes)) {
      written = data + 1;
    } else {
      written = filled && request.op == BlockOp.GET_ID ? VirtioBlk.ID_BYTES : 0;
    }
    request.chain = null;
    queue.complete(chain, written);
  }

  /** Guest memory went away under a request: this queue ends, and nothing else. */
  void broken(BlockRequest request, Throwable cause) {
    BufferChain chain = request.chain;
    if (chain != null) {
      request.chain = null;
      queue.refuse("guest memory cannot be accessed: " + cause);
      queue.complete(chain, 0);
    }
  }

  private void logFailure(BlockRequest request, int errno, long now) {
    RuntimeException cause = defect;
    defect = null;
    if (logged && now - loggedAt < LOG_EVERY_NANOS) {
      unlogged++;
      return;
    }
    long more = unlogged;
    unlogged = 0;
    logged = true;
    loggedAt = now;
    LOG.log(
        Level.WARNING,
        () ->
            "%s: %s of %d bytes at %d failed: %s%s"
                .formatted(
                    device.image(),
                    request.op.label,
                    request.size(),
                    request.start(),
                    Errno.text(errno),
                    more > 0 ? "; %d more since the last line".formatted(more) : ""),
        cause);
  }
}
