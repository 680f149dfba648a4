package dev.virtio4j.cli.control;

import dev.virtio4j.device.Metric;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** A device of a running server, as the control socket sees it. Used from any thread. */
public interface ServedDevice {
  /**
   * What it is called.
   *
   * @return unique in its server
   */
  String name();

  /**
   * Its type.
   *
   * @return such as {@code blk}
   */
  String type();

  /**
   * Where it listens.
   *
   * @return such as {@code socket=/run/a.sock}
   */
  String address();

  /**
   * Its figures.
   *
   * @return what it and its queues have counted
   */
  CompletionStage<List<Metric>> metrics();

  /**
   * Changes its size, and tells the guest.
   *
   * @param bytes the new size
   * @return its size afterwards
   * @throws UnsupportedOperationException if this type has none
   * @throws IllegalArgumentException a sentence, if it cannot have that size
   * @throws java.io.IOException if the host refuses
   */
  long resize(long bytes) throws java.io.IOException;
}
