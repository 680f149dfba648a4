package dev.virtio4j.vhostuser.client;

import dev.virtio4j.posix.Fd;
import dev.virtio4j.vhostuser.protocol.InflightDescription;

/**
 * The memory in which a back-end tracks what is in flight. The back-end makes it, the front-end
 * keeps it, and hands it to the next back-end when one has died.
 */
public final class InflightRegion implements AutoCloseable {
  private final InflightDescription description;
  private final Fd file;

  InflightRegion(Fd file, InflightDescription description) {
    this.file = file;
    this.description = description;
  }

  /**
   * Takes a region over that somebody else made.
   *
   * @param descriptor the file behind it; closed with the region
   * @param description its extent and the queues it is for
   * @return the region
   */
  public static InflightRegion of(int descriptor, InflightDescription description) {
    return new InflightRegion(Fd.of(descriptor), description);
  }

  /**
   * The file behind it.
   *
   * @return a descriptor, which stays this object's
   */
  public int descriptor() {
    return file.value();
  }

  /**
   * Its extent, and the queues it is for.
   *
   * @return what the back-end said
   */
  public InflightDescription description() {
    return description;
  }

  @Override
  public void close() {
    file.close();
  }
}
