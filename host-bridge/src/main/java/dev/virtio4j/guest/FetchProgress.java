package dev.virtio4j.guest;

/** Hears what is being fetched. Called from the thread that fetches; must not block it for long. */
@FunctionalInterface
public interface FetchProgress {
  /** Listens to nothing. */
  FetchProgress NONE = (what, done, total) -> {};

  /**
   * Something is under way.
   *
   * @param what what is done, for people, for example {@code downloading user-mode-linux}
   * @param doneBytes bytes fetched so far, 0 where it is not known
   * @param totalBytes bytes to fetch in all, 0 where it is not known
   */
  void report(String what, long doneBytes, long totalBytes);
}
