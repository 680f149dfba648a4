package dev.virtio4j.blk.image;

import dev.virtio4j.blk.io.Bounce;
import dev.virtio4j.blk.io.BouncePool;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.posix.Errno;

/**
 * What the engines of raw images share: progress through a request in pieces, bounce buffers, and
 * who waits for one.
 */
abstract class RawChannel implements ImageChannel {
  /** Operations in a row that may come to nothing but "try again" before a request is given up. */
  private static final int ATTEMPTS = 1000;

  final RawImage image;
  final DeviceLoop loop;

  private final BouncePool pool = new BouncePool();
  private ImageRequest waitingHead;
  private ImageRequest waitingTail;
  private boolean serving;

  RawChannel(RawImage image, DeviceLoop loop) {
    this.image = image;
    this.loop = loop;
  }

  /** Does as much as can be done now; 0, a negative errno, or PENDING. */
  abstract int run(ImageRequest request, boolean inline);

  /** Takes an operation's result; 0, a negative errno, or PENDING. */
  abstract int proceed(ImageRequest request, int result);

  @Override
  public final int submit(ImageRequest request) {
    request.begin(this);
    request.fileBytes = image.fileBytes();
    WriteGate gate = image.gate();
    if (gate != null) {
      request.unaligned = image.unaligned(request);
      if (changes(request) && !gate.enter(request)) {
        return PENDING;
      }
    }
    int outcome;
    try {
      outcome = run(request, true);
    } catch (RuntimeException | Error e) {
      abandon(request);
      throw e;
    }
    return outcome == PENDING ? PENDING : release(request, outcome);
  }

  private static boolean changes(ImageRequest request) {
    return switch (request.op()) {
      case WRITE, WRITE_ZEROES, DISCARD -> true;
      case READ, FLUSH -> false;
    };
  }

  /** The gate let a waiting request in; from any thread. */
  final void admitted(ImageRequest request) {
    loop.execute(() -> resume(request));
  }

  @Override
  public final void advance(ImageRequest request, int result) {
    settle(request, proceed(request, result));
  }

  private void resume(ImageRequest request) {
    try {
      settle(request, run(request, false));
    } catch (RuntimeException | Error e) {
      request.failed(e);
    }
  }

  @Override
  public final void abandon(ImageRequest request) {
    request.bounced = 0;
    int unused = release(request, 0);
  }

  private void settle(ImageRequest request, int outcome) {
    if (outcome != PENDING) {
      request.finished(release(request, outcome));
    }
  }

  /** Gives back what the request holds; returns its outcome. */
  private int release(ImageRequest request, int outcome) {
    if (request.gated) {
      image.gate().leave(request);
    }
    if (request.bounce != null) {
      pool.give(request.bounce);
      request.bounce = null;
      serveWaiting();
    }
    return outcome;
  }

  private void serveWaiting() {
    if (waitingHead != null && !serving) {
      serving = true;
      // Not inside the call: a caller of submit is not to see other requests finish.
      loop.execute(this::serve);
    }
  }

  private void serve() {
    serving = false;
    ImageRequest request = waitingHead;
    if (request == null) {
      return;
    }
    Bounce bounce = pool.take();
    if (bounce == null) {
      return; // The next release comes back here.
    }
    waitingHead = request.next;
    request.next = null;
    request.bounce = bounce;
    serveWaiting();
    resume(request);
  }

  /** Points the request at a bounce buffer for its next piece; false if it has to wait for one. */
  final boolean bounce(ImageRequest request, long left) {
    if (request.bounce == null) {
      request.bounce = waitingHead == null ? pool.take() : null;
      if (request.bounce == null) {
        request.next = null;
        if (waitingHead == null) {
          waitingHead = request;
        } else {
          waitingTail.next = request;
        }
        waitingTail = request;
        return false;
      }
    }
    int length = (int) Math.min(left, Bounce.LENGTH);
    request.bounced = length;
    if (request.op() == ImageRequest.Op.WRITE) {
      request.copyOut(request.done, request.bounce.first(length));
    }
    request.mapped(request.bounce.address(), 0, 1, length);
    return true;
  }

  /** Counts bytes that were moved; those of a read are copied on from the bounce buffer. */
  final void moved(ImageRequest request, long bytes) {
    if (request.bounced > 0) {
      if (request.op() == ImageRequest.Op.READ) {
        request.copyIn(request.done, request.bounce.first((int) bytes));
      }
      request.bounced = 0;
    }
    request.done += bytes;
    request.attempts = 0;
  }

  /**
   * A read met the file's end. What lies between a file's last byte and its last sector's end reads
   * as zeroes; anywhere else the file was truncated.
   */
  final int endOfFile(ImageRequest request) {
    if (request.start() + request.done < request.fileBytes) {
      return -Errno.EIO;
    }
    request.clear(request.done, request.size() - request.done);
    request.done = request.size();
    return 0;
  }

  /** Whether a read that has come so far is at the known end, so that the rest is zeroes. */
  final boolean atEnd(ImageRequest request) {
    return request.done < request.size() && request.start() + request.done >= request.fileBytes;
  }

  /** Whether an operation is to be tried again: it met nothing but a bad moment, so far. */
  static boolean again(ImageRequest request, int result) {
    return (result == -Errno.EINTR || result == -Errno.EAGAIN) && ++request.attempts < ATTEMPTS;
  }
}
