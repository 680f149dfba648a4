package dev.virtio4j.guest;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a script in a guest did.
 *
 * @param status its exit status
 * @param lines what it printed, both streams, without the values
 * @param values what it reported with {@code v4j KEY VALUE}, the last of each key
 * @param duration from its start to its end, as the host saw it
 */
public record ScriptResult(
    int status, List<String> lines, Map<String, String> values, Duration duration) {
  private static final int SHOWN = 20;

  /**
   * Copies the collections.
   *
   * @param status see above
   * @param lines see above
   * @param values see above
   * @param duration see above
   */
  public ScriptResult {
    lines = List.copyOf(lines);
    values = Map.copyOf(values);
  }

  /**
   * Insists on success.
   *
   * @return this
   * @throws GuestException if the status is not 0; the message has the last lines
   */
  public ScriptResult requireSuccess() throws GuestException {
    if (status != 0) {
      throw new GuestException(
          "the script ended with status " + status + "; it printed last:\n" + tail());
    }
    return this;
  }

  /**
   * Returns a value that must be there.
   *
   * @param key the value's key
   * @return the value
   * @throws GuestException if the script did not report it
   */
  public String value(String key) throws GuestException {
    String value = values.get(key);
    if (value == null) {
      throw new GuestException(
          "the script reported no " + key + " but " + values + "; it printed last:\n" + tail());
    }
    return value;
  }

  /**
   * All that the script printed.
   *
   * @return the lines, joined
   */
  public String text() {
    return String.join("\n", lines);
  }

  private String tail() {
    return String.join("\n", lines.subList(Math.max(0, lines.size() - SHOWN), lines.size()));
  }
}
