package dev.virtio4j.loop;

import java.lang.System.Logger.Level;

/**
 * Something a loop looks at while it is awake: a queue, a completion ring.
 *
 * <p>What a method throws ends this poller, and nothing else on the loop. It may be an {@link
 * InternalError}, when a file behind guest memory was truncated.
 */
public interface Poller {
  /**
   * Does what there is to do, up to a bound of its own so that others get their turn.
   *
   * @return true if there was something
   */
  boolean poll();

  /**
   * Before the loop sleeps: asks to be woken.
   *
   * @return true if the poller may sleep; false if something arrived meanwhile, so that it is
   *     polled again
   */
  boolean arm();

  /** After a sleep, before polling starts again: wake-ups are not needed for now. */
  default void disarm() {}

  /**
   * One of the other methods threw. The poller has been removed from its loop.
   *
   * @param cause what it threw
   */
  default void failed(Throwable cause) {
    System.getLogger(Poller.class.getName())
        .log(Level.ERROR, () -> this + " failed and is polled no more", cause);
  }
}
