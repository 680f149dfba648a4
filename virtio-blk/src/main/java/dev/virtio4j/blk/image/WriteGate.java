package dev.virtio4j.blk.image;

import java.util.concurrent.RejectedExecutionException;

/**
 * Keeps writes that are not aligned to a direct file's blocks apart from all others.
 *
 * <p>Such a write goes through the page cache, which reads and writes whole blocks: a direct write
 * to another part of the same block meanwhile could be undone. Unaligned writes are rare (the block
 * size is told to the driver), so one goes alone in its image. First come, first served. Used from
 * every loop that uses the image.
 */
final class WriteGate {
  private int inside;
  private boolean alone;
  private ImageRequest head;
  private ImageRequest tail;

  /** Lets a request in, or keeps it and has {@link RawChannel#admitted} called later. */
  synchronized boolean enter(ImageRequest request) {
    if (head == null && fits(request)) {
      admit(request);
      return true;
    }
    request.next = null;
    if (head == null) {
      head = request;
    } else {
      tail.next = request;
    }
    tail = request;
    return false;
  }

  private boolean fits(ImageRequest request) {
    return inside == 0 || (!alone && !request.unaligned);
  }

  private void admit(ImageRequest request) {
    inside++;
    alone = request.unaligned;
    request.gated = true;
  }

  synchronized void leave(ImageRequest request) {
    request.gated = false;
    inside--;
    while (head != null && fits(head)) {
      ImageRequest next = head;
      head = next.next;
      next.next = null;
      admit(next);
      try {
        ((RawChannel) next.channel()).admitted(next);
      } catch (RejectedExecutionException e) {
        // Its loop has ended, and it with it: nobody else is to wait for it.
        next.gated = false;
        inside--;
      }
    }
  }
}
