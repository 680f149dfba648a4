package dev.virtio4j.loop;

/**
 * File operations that may wait for a disk, off the loop.
 *
 * <p>Used on the loop's thread alone, which also gets the completions.
 */
public interface FileIo extends AutoCloseable {
  /** Makes a loop's file I/O, on the loop's thread, when it is first asked for. */
  @FunctionalInterface
  interface Factory {
    /**
     * Makes it.
     *
     * @param loop the loop that gets the completions
     * @return file I/O, which the loop closes when it ends
     */
    FileIo open(DeviceLoop loop);
  }

  /**
   * Starts an operation. There is no limit to how many are outstanding: what the kernel has no room
   * for waits in order.
   *
   * @param operation what to do; belongs to this until its {@link FileOperation#completed(int)} has
   *     been called, which never happens inside this call
   */
  void submit(FileOperation operation);

  /**
   * How many operations were submitted and have not completed.
   *
   * @return 0 or more
   */
  int outstanding();

  /**
   * What does the work.
   *
   * @return {@code "io_uring"} or {@code "threads"}
   */
  String name();

  /**
   * Ends it, for the loop alone. Returns when nothing is outstanding, each operation having
   * completed, perhaps with {@code -ECANCELED}. What is submitted meanwhile completes so too.
   */
  @Override
  default void close() {}
}
