package dev.virtio4j.loop;

/** Something that goes on until it is closed. Closing twice does nothing more. */
@FunctionalInterface
public interface Registration extends AutoCloseable {
  /** Ends it. From any thread; after the return on the loop's own thread nothing more is run. */
  @Override
  void close();
}
