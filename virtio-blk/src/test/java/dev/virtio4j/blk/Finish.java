package dev.virtio4j.blk;

import dev.virtio4j.blk.image.ImageRequest;

/** Finishes requests of a {@link RecordingImage}. */
final class Finish {
  private Finish() {}

  static void now(ImageRequest request, int result) {
    ((BlockRequest) request).finished(result);
  }
}
