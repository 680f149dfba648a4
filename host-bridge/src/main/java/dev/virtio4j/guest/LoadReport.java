package dev.virtio4j.guest;

import java.util.HashMap;
import java.util.Map;

/**
 * What {@code disk-load} measured inside a guest; times in microseconds, from a request's start to
 * its end as a program of the guest sees them.
 *
 * @param rw what was done: {@code read}, {@code write}, {@code randread}, {@code randwrite}
 * @param blockSize bytes of a request
 * @param depth requests under way at a time
 * @param operations requests done
 * @param seconds how long it took
 * @param iops requests a second
 * @param megabytesPerSecond millions of bytes a second
 * @param p50 the median latency
 * @param p99 the latency that one request in a hundred exceeds
 * @param p999 the latency that one request in a thousand exceeds
 * @param max the longest latency
 */
public record LoadReport(
    String rw,
    int blockSize,
    int depth,
    long operations,
    double seconds,
    double iops,
    double megabytesPerSecond,
    double p50,
    double p99,
    double p999,
    double max) {

  /**
   * Reads a measurement from what a script reported.
   *
   * @param result what the script did
   * @param name the measurement's name, for example {@code randread32}
   * @return the measurement
   * @throws GuestException if it is not there, or not complete
   */
  public static LoadReport of(ScriptResult result, String name) throws GuestException {
    String text = result.value("load." + name);
    Map<String, String> fields = new HashMap<>();
    for (String word : text.split(" ")) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        fields.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    try {
      return new LoadReport(
          text(fields, "rw"),
          Integer.parseInt(text(fields, "bs")),
          Integer.parseInt(text(fields, "depth")),
          Long.parseLong(text(fields, "ops")),
          Double.parseDouble(text(fields, "seconds")),
          Double.parseDouble(text(fields, "iops")),
          Double.parseDouble(text(fields, "mbps")),
          Double.parseDouble(text(fields, "p50")),
          Double.parseDouble(text(fields, "p99")),
          Double.parseDouble(text(fields, "p999")),
          Double.parseDouble(text(fields, "max")));
    } catch (IllegalArgumentException e) {
      throw new GuestException("the guest's measurement " + name + " is damaged: " + text, e);
    }
  }

  private static String text(Map<String, String> fields, String key) {
    String value = fields.get(key);
    if (value == null) {
      throw new IllegalArgumentException("no " + key);
    }
    return value;
  }
}
