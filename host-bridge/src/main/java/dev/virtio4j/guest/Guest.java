package dev.virtio4j.guest;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/**
 * A running Linux guest with an init that takes scripts from the host.
 *
 * <p>Scripts are for busybox's {@code sh}. In a script, {@code v4j KEY VALUE} reports a value. One
 * runs at a time; what a script leaves in the background goes on.
 */
public sealed interface Guest extends AutoCloseable permits UmlGuest, QemuGuest {
  /**
   * The release of the guest's kernel.
   *
   * @return as {@code uname -r} prints it
   */
  String kernelRelease();

  /**
   * Begins a script.
   *
   * @param script its text
   * @return the running script
   * @throws IOException if the guest has ended or does not listen
   * @throws IllegalStateException if another script runs still
   */
  GuestScript start(String script) throws IOException;

  /**
   * Runs a script to its end.
   *
   * @param script its text
   * @param timeout how long it may take
   * @return what it did; its status may be other than 0
   * @throws GuestTimeoutException if it does not end in time
   * @throws IOException if the guest ends before it
   */
  default ScriptResult run(String script, Duration timeout) throws IOException {
    return start(script).await(timeout);
  }

  /**
   * Sends a line to the guest's console, where a running script can {@code read} it.
   *
   * @param line without its end, at most 4000 bytes
   * @throws IOException if the guest has ended
   */
  void sendLine(String line) throws IOException;

  /**
   * The last lines of the console.
   *
   * @param count how many at most
   * @return the lines
   */
  List<String> consoleTail(int count);

  /**
   * The guest's process on the host.
   *
   * @return its id
   */
  long pid();

  /**
   * Waits for the end of the guest's process.
   *
   * @param timeout how long at most
   * @return its exit status, or nothing where it runs still
   * @throws GuestException if the waiting thread is interrupted
   */
  OptionalInt awaitExit(Duration timeout) throws GuestException;

  /**
   * Switches the guest off in order.
   *
   * @param timeout how long it may take
   * @throws GuestTimeoutException if it does not end in time
   * @throws IOException if it ended with a status other than 0
   */
  default void powerOff(Duration timeout) throws IOException {
    sendLine("poweroff");
    OptionalInt status = awaitExit(timeout);
    if (status.isEmpty()) {
      throw new GuestTimeoutException(
          "the guest did not switch off in " + timeout + "; its console: " + consoleTail(10));
    }
    if (status.getAsInt() != 0) {
      throw new GuestException(
          "the guest ended with status " + status.getAsInt() + "; its console: " + consoleTail(10));
    }
  }

  /** Kills the guest where it runs still, with all processes that it started. */
  @Override
  void close();
}
