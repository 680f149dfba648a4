package dev.virtio4j.loop;

import java.lang.System.Logger.Level;

/** Runs on the loop when a watched descriptor has become ready. */
@FunctionalInterface
public interface ReadyHandler {
  /** There is something to read, or the other side has closed (EPOLLIN, EPOLLRDHUP, EPOLLHUP). */
  int READABLE = 1;

  /** There is room to write (EPOLLOUT). Told where the watch asks for it. */
  int WRITABLE = 2;

  /** The other side has hung up, or the descriptor is in error (EPOLLRDHUP, EPOLLHUP, EPOLLERR). */
  int HANGUP = 4;

  /**
   * The descriptor became ready. What this throws ends the watch.
   *
   * @param events any of {@link #READABLE}, {@link #WRITABLE}, {@link #HANGUP}
   */
  void ready(int events);

  /**
   * {@link #ready} threw. The watch has ended.
   *
   * @param cause what it threw
   */
  default void failed(Throwable cause) {
    System.getLogger(ReadyHandler.class.getName())
        .log(Level.ERROR, () -> this + " failed and watches no more", cause);
  }
}
