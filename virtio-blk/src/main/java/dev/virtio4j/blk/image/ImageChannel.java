package dev.virtio4j.blk.image;

/** An image as one queue uses it, on the queue's loop. */
public interface ImageChannel {
  /** What {@link #submit(ImageRequest)} returns when the request will finish later. */
  int PENDING = 1;

  /**
   * Starts a request. Requests in flight have no order among them.
   *
   * <p>Never blocks for a disk, and never throws for what the host's storage does.
   *
   * @param request prepared, in range of the image, and not in flight; belongs to the channel until
   *     it is finished
   * @return 0 if it was done at once; a negative errno if it failed at once; else {@link #PENDING},
   *     and {@link ImageRequest#finished(int)} follows on the loop, never inside this call
   */
  int submit(ImageRequest request);

  /**
   * Goes on with a request whose file operation has completed.
   *
   * @param request a request of this channel
   * @param result what its file operation returned: 0 or more, or a negative errno
   */
  void advance(ImageRequest request, int result);

  /**
   * Forgets a request in flight: memory of its data could not be touched. What it holds of the
   * channel is given back.
   *
   * @param request a request of this channel, without a file operation under way
   */
  void abandon(ImageRequest request);
}
