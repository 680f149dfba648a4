package dev.virtio4j.blk;

import dev.virtio4j.blk.image.DiskImage;
import dev.virtio4j.blk.image.ImageChannel;
import dev.virtio4j.blk.image.ImageRequest;
import dev.virtio4j.blk.image.ImageTraits;
import dev.virtio4j.loop.DeviceLoop;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/** An image without content that records what it is asked, and answers as a test wants. */
final class RecordingImage implements DiskImage {
  /** What a request was when it was submitted. */
  record Seen(ImageRequest.Op op, long start, long size, boolean durable, boolean unmap) {}

  final List<Seen> seen = new ArrayList<>();

  /** Requests that wait to be finished, while {@link #hold} is set. */
  final Queue<ImageRequest> held = new ArrayDeque<>();

  boolean hold;
  int result;
  RuntimeException defect;
  int syncs;
  boolean syncFails;

  /** Run while the image is made longer. */
  volatile Runnable resizing = () -> {};

  boolean closed;

  private final Held channel = new Held();
  private long bytes;

  RecordingImage(long bytes) {
    this.bytes = bytes;
  }

  private final class Held implements ImageChannel {
    @Override
    public int submit(ImageRequest request) {
      if (defect != null) {
        throw defect;
      }
      request.begin(this);
      seen.add(
          new Seen(
              request.op(), request.start(), request.size(), request.durable(), request.unmap()));
      if (hold) {
        held.add(request);
        return PENDING;
      }
      return result;
    }

    @Override
    public void advance(ImageRequest request, int outcome) {
      throw new AssertionError("no file operations here");
    }

    @Override
    public void abandon(ImageRequest request) {}
  }

  @Override
  public long size() {
    return bytes;
  }

  @Override
  public boolean readOnly() {
    return false;
  }

  @Override
  public ImageTraits traits() {
    return new ImageTraits(512, 4096, true, 4096, true);
  }

  @Override
  public ImageChannel open(DeviceLoop loop) {
    return channel;
  }

  @Override
  public void resize(long newBytes) {
    if (newBytes < bytes) {
      throw new IllegalArgumentException("smaller");
    }
    resizing.run();
    bytes = newBytes;
  }

  @Override
  public void sync() throws IOException {
    if (syncFails) {
      throw new IOException("the disk is gone");
    }
    syncs++;
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public String toString() {
    return "recording image";
  }
}
