package dev.virtio4j.blk.image;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.posix.Errno;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * FileChannel on threads of the image's own, through bounce buffers: for systems without Linux's
 * calls. Guest memory is touched on the loop alone.
 */
final class PortableChannel extends RawChannel {
  private static final System.Logger LOG = System.getLogger(PortableChannel.class.getName());

  private final FileChannel file;
  private final Executor threads;

  PortableChannel(RawImage image, DeviceLoop loop, FileChannel file, Executor threads) {
    super(image, loop);
    this.file = file;
    this.threads = threads;
  }

  /** The part of a request that runs elsewhere: out to a thread, and back to the loop. */
  private final class Task implements Runnable {
    private final ImageRequest request;
    private boolean back;
    private boolean force;
    private int length;
    private int result;

    Task(ImageRequest request) {
      this.request = request;
    }

    PortableChannel owner() {
      return PortableChannel.this;
    }

    @Override
    public void run() {
      if (back) {
        back = false;
        request.complete(result);
        return;
      }
      result = work();
      back = true;
      try {
        loop.execute(this);
      } catch (RejectedExecutionException e) {
        LOG.log(Level.TRACE, "the loop has ended: nobody waits for this any more", e);
      }
    }

    private int work() {
      try {
        if (force) {
          file.force(false);
          return 0;
        }
        long offset = request.start() + request.done;
        if (request.op() == ImageRequest.Op.READ) {
          return Math.max(0, file.read(request.bounce.first(length), offset));
        }
        ByteBuffer source =
            request.zeroing ? image.zeroBuffer(length) : request.bounce.first(length);
        return file.write(source, offset);
      } catch (IOException | RuntimeException | Error e) {
        LOG.log(Level.DEBUG, () -> "I/O on " + image + " failed", e);
        return e.getMessage() != null && e.getMessage().contains("No space left")
            ? -Errno.ENOSPC
            : -Errno.EIO;
      }
    }
  }

  private int start(ImageRequest request, int length, boolean force) {
    Task task = request.state() instanceof Task kept && kept.owner() == this ? kept : null;
    if (task == null) {
      task = new Task(request);
      request.state(task);
    }
    task.length = length;
    task.force = force;
    threads.execute(task);
    return PENDING;
  }

  @Override
  int run(ImageRequest request, boolean first) {
    return switch (request.op()) {
      case READ, WRITE -> move(request);
      case FLUSH -> start(request, 0, true);
      case DISCARD -> 0; // Advice that FileChannel cannot follow.
      case WRITE_ZEROES -> {
        request.zeroing = true;
        yield move(request);
      }
    };
  }

  private int move(ImageRequest request) {
    long left = request.size() - request.done;
    if (left == 0) {
      return written(request);
    }
    if (request.zeroing) {
      return start(request, (int) Math.min(left, RawImage.ZERO_BUFFER), false);
    }
    return bounce(request, left) ? start(request, request.bounced, false) : PENDING;
  }

  private int written(ImageRequest request) {
    if (request.op() == ImageRequest.Op.READ) {
      return 0;
    }
    image.written(request.start() + request.size());
    if (!request.durable()) {
      return 0;
    }
    request.syncing = true;
    return start(request, 0, true);
  }

  @Override
  int proceed(ImageRequest request, int result) {
    if (request.syncing || request.op() == ImageRequest.Op.FLUSH) {
      return image.flushed(result);
    }
    if (result < 0) {
      return result;
    }
    if (request.op() == ImageRequest.Op.READ) {
      if (result == 0) {
        return endOfFile(request);
      }
      moved(request, result);
      return atEnd(request) ? endOfFile(request) : move(request);
    }
    if (result == 0) {
      return -Errno.EIO;
    }
    moved(request, result);
    return move(request);
  }
}
