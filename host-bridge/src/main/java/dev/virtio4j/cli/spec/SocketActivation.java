package dev.virtio4j.cli.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The listening sockets that a service manager has opened, as sd_listen_fds(3) hands them over.
 *
 * @param names one for each descriptor from {@link #FIRST} on; empty strings where it has none
 */
public record SocketActivation(List<String> names) {
  /** The first descriptor, SD_LISTEN_FDS_START. */
  public static final int FIRST = 3;

  private static final int MAX = 1024;

  /**
   * Copies the list.
   *
   * @param names see above
   */
  public SocketActivation {
    names = List.copyOf(names);
  }

  /**
   * Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES.
   *
   * @param environment environment variables
   * @param pid this process; what is meant for another is ignored
   * @return what was handed over, maybe nothing
   */
  public static SocketActivation of(Map<String, String> environment, long pid) {
    int count = 0;
    if (Long.toString(pid).equals(environment.get("LISTEN_PID"))) {
      String text = environment.getOrDefault("LISTEN_FDS", "");
      count = text.matches("[0-9]{1,4}") ? Math.min(MAX, Integer.parseInt(text)) : 0;
    }
    String[] given = environment.getOrDefault("LISTEN_FDNAMES", "").split(":", -1);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(i < given.length ? given[i] : "");
    }
    return new SocketActivation(names);
  }
}
