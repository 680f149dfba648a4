package dev.virtio4j.cli.serve;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The arguments of {@code virtio serve}. What was not given is null.
 *
 * @param specs the devices
 * @param config a configuration file
 * @param loops how many loops
 * @param pollMicros how long a loop looks on
 * @param logLevel what is logged
 * @param metrics where Prometheus reads
 * @param control the control socket
 */
public record ServeArguments(
    List<String> specs,
    Path config,
    Integer loops,
    Integer pollMicros,
    String logLevel,
    String metrics,
    String control) {
  /**
   * Copies the list.
   *
   * @param specs see above
   * @param config see above
   * @param loops see above
   * @param pollMicros see above
   * @param logLevel see above
   * @param metrics see above
   * @param control see above
   */
  public ServeArguments {
    specs = List.copyOf(specs);
  }

  /**
   * Reads plain arguments, at a tenth of the time that the full parser takes to load: {@code --name
   * VALUE} or {@code --name=VALUE} once each, and SPECs.
   *
   * @param args what follows {@code serve}
   * @return null if there is anything else in them, which the full parser is to judge
   */
  public static ServeArguments plain(List<String> args) {
    List<String> specs = new ArrayList<>();
    String[] values = new String[6];
    for (int i = 0; i < args.size(); i++) {
      String arg = args.get(i);
      if (!arg.startsWith("-")) {
        specs.add(arg);
        continue;
      }
      int equals = arg.indexOf('=');
      int option = option(equals < 0 ? arg : arg.substring(0, equals));
      boolean valueFollows = equals < 0 && i + 1 < args.size() && !args.get(i + 1).startsWith("-");
      if (option < 0 || values[option] != null || (equals < 0 && !valueFollows)) {
        return null;
      }
      values[option] = equals < 0 ? args.get(++i) : arg.substring(equals + 1);
    }
    try {
      return new ServeArguments(
          specs,
          values[0] == null ? null : Path.of(values[0]),
          values[1] == null ? null : Integer.valueOf(values[1]),
          values[2] == null ? null : Integer.valueOf(values[2]),
          values[3],
          values[4],
          values[5]);
    } catch (NumberFormatException | InvalidPathException wrong) {
      return null;
    }
  }

  private static int option(String name) {
    return switch (name) {
      case "--config" -> 0;
      case "--loops" -> 1;
      case "--poll-us" -> 2;
      case "--log-level" -> 3;
      case "--metrics" -> 4;
      case "--control" -> 5;
      default -> -1;
    };
  }
}
