package dev.virtio4j.guest;

import dev.virtio4j.guest.GuestUnavailableException.Lack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A {@code qemu-system-x86_64}.
 *
 * @param binary the program
 * @param arguments those that it always needs
 * @param environment the variables that it always needs
 * @param major its version's first number
 * @param minor its version's second number
 */
public record QemuProgram(
    Path binary, List<String> arguments, Map<String, String> environment, int major, int minor) {
  private static final String NAME = "qemu-system-x86_64";
  private static final Pattern VERSION = Pattern.compile("version (\\d+)\\.(\\d+)");

  /**
   * Copies the collections.
   *
   * @param binary see above
   * @param arguments see above
   * @param environment see above
   * @param major see above
   * @param minor see above
   */
  public QemuProgram {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  /**
   * The QEMU that is installed.
   *
   * @return the program
   * @throws GuestUnavailableException if there is none
   * @throws IOException if it cannot be run
   */
  public static QemuProgram installed() throws IOException {
    Path binary =
        HostProgram.find(NAME)
            .orElseThrow(
                () ->
                    new GuestUnavailableException(
                        Lack.PROGRAM,
                        "QEMU (" + NAME + ") is not installed.",
                        "Install the package qemu-system-x86."));
    return probe(binary, List.of(), Map.of());
  }

  /**
   * A QEMU in a tree of unpacked packages.
   *
   * @param tree the tree, which has its libraries too
   * @return the program
   * @throws IOException if it cannot be run
   */
  static QemuProgram unpacked(Path tree) throws IOException {
    Path usr = tree.resolve("usr");
    List<Path> libraries = new ArrayList<>();
    for (Path base : List.of(tree.resolve("lib"), usr.resolve("lib"))) {
      if (Files.isDirectory(base)) {
        try (Stream<Path> list = Files.walk(base, 2)) {
          list.filter(p -> p.getFileName().toString().contains(".so"))
              .map(Path::getParent)
              .forEach(libraries::add);
        }
      }
    }
    return probe(
        usr.resolve("bin").resolve(NAME),
        List.of("-L", usr.resolve("share/qemu").toString()),
        Map.of(
            "LD_LIBRARY_PATH",
            libraries.stream().distinct().map(Path::toString).collect(Collectors.joining(":")),
            "QEMU_MODULE_DIR",
            usr.resolve("lib/x86_64-linux-gnu/qemu").toString()));
  }

  private static QemuProgram probe(
      Path binary, List<String> arguments, Map<String, String> environment) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(binary.toString(), "--version");
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    HostProgram.Result result = HostProgram.finish(process, binary.toString(), 30);
    Matcher matcher = VERSION.matcher(result.text());
    if (result.exitCode() != 0 || !matcher.find()) {
      throw new GuestUnavailableException(
          Lack.PROGRAM,
          binary + " cannot be run: " + result.tail() + ".",
          "Install the package qemu-system-x86.");
    }
    return new QemuProgram(
        binary,
        arguments,
        environment,
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)));
  }

  /**
   * Compares versions.
   *
   * @param wantedMajor a version's first number
   * @param wantedMinor its second number
   * @return whether this one is that or newer
   */
  public boolean isAtLeast(int wantedMajor, int wantedMinor) {
    return major > wantedMajor || (major == wantedMajor && minor >= wantedMinor);
  }
}
