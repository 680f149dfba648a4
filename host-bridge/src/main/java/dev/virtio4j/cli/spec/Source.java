package dev.virtio4j.cli.spec;

/**
 * Where something was written, for errors.
 *
 * @param text such as {@code "'blk,socket=/run/a.sock'"} or {@code "devices.json:4:18:
 *     $.devices[0].queues"}
 */
public record Source(String text) {
  /**
   * An error about what stands here.
   *
   * @param message what is wrong, and what would be right
   * @return one line
   */
  public String problem(String message) {
    return text + ": " + message;
  }
}
