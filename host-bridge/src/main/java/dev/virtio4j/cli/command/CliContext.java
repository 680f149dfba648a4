package dev.virtio4j.cli.command;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What surrounds a command.
 *
 * @param out standard output
 * @param err standard error
 * @param environment environment variables
 * @param terminal whether a person reads standard output on a terminal that moves its cursor
 */
public record CliContext(
    PrintStream out, PrintStream err, Map<String, String> environment, boolean terminal) {
  /**
   * Those of this process.
   *
   * @return its streams and environment
   */
  public static CliContext ofProcess() {
    return new CliContext(System.out, System.err, System.getenv(), onTerminal());
  }

  /** System.console() tells of standard input too, and since 22 is never null. */
  private static boolean onTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException noProc) {
      return false;
    }
  }
}
