package dev.virtio4j.blk.image;

import dev.virtio4j.loop.DeviceLoop;
import java.io.IOException;

/**
 * A disk's content: an array of bytes that can be read, written, made durable, and perhaps
 * deallocated.
 *
 * <p>The image itself may be used from any thread; each queue that does I/O opens a {@link
 * ImageChannel} of its own, on its loop.
 */
public interface DiskImage extends AutoCloseable {
  /** The unit in which images are measured, in bytes: Virtio's sector. */
  int SECTOR = 512;

  /**
   * What the disk holds.
   *
   * @return bytes, a multiple of {@link #SECTOR}
   */
  long size();

  /**
   * Tells whether writes are refused.
   *
   * @return true if nothing in the image can be changed
   */
  boolean readOnly();

  /**
   * What the image does well.
   *
   * @return constant while the image is open
   */
  ImageTraits traits();

  /**
   * Opens the way in for one queue.
   *
   * @param loop where requests are submitted and completed
   * @return a channel that is used on that loop alone, and needs no closing
   */
  ImageChannel open(DeviceLoop loop);

  /**
   * Grows the disk; what is new reads as zeroes. Called while I/O goes on.
   *
   * @param bytes the new size, a multiple of {@link #SECTOR}
   * @throws IllegalArgumentException if it is smaller than the image is, or no such multiple
   * @throws IOException if the host refuses
   */
  void resize(long bytes) throws IOException;

  /**
   * Makes everything durable that has been written. May block; not for a loop's thread.
   *
   * @throws IOException if the host fails
   */
  void sync() throws IOException;

  /** Lets go of files and locks. No I/O is in flight, and none follows. */
  @Override
  void close();
}
