package dev.virtio4j.cli.control;

import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Where control sockets are: {@code PID.sock} in a folder that is the user's alone. */
public final class ControlPaths {
  private static final String SUFFIX = ".sock";

  private final Path folder;

  /**
   * Finds the folder; makes nothing.
   *
   * @param environment environment variables
   * @throws IOException if there is no saying who the user is
   */
  public ControlPaths(Map<String, String> environment) throws IOException {
    String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    if (!runtime.isEmpty() && Path.of(runtime).isAbsolute()) {
      folder = Path.of(runtime, "virtio4j");
    } else {
      folder = Path.of("/tmp", "virtio4j-" + user());
    }
  }

  private static Object user() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  /**
   * The folder.
   *
   * @return an absolute path
   */
  public Path folder() {
    return folder;
  }

  /**
   * A server's socket.
   *
   * @param pid the server's process
   * @return its path
   */
  public Path socket(long pid) {
    return folder.resolve(pid + SUFFIX);
  }

  /**
   * Makes the folder, makes sure that nobody else can write in it, and removes what servers left in
   * it that were killed.
   *
   * @throws IOException if that is not so
   */
  public void makeFolder() throws IOException {
    Set<PosixFilePermission> mine = PosixFilePermissions.fromString("rwx------");
    try {
      Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(mine));
    } catch (FileAlreadyExistsException exists) {
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
          || !Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(user())) {
        throw new IOException(folder + " is not a folder of this user", exists);
      }
      if (!mine.containsAll(Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS))) {
        Files.setPosixFilePermissions(folder, mine);
      }
      sweep();
    }
  }

  private void sweep() throws IOException {
    for (Path socket : sockets()) {
      // One of a live process may be about to listen.
      if (!ofLiveProcess(socket)) {
        LeftSocket.remove(socket);
      }
    }
  }

  /**
   * Finds the one server that runs.
   *
   * @return its socket
   * @throws CliException if there is none, or there are several
   */
  public Path onlyServer() {
    List<Path> found = new ArrayList<>();
    try {
      // The number of a killed server's process may be another's by now.
      sockets().stream().filter(file -> !LeftSocket.isAt(file)).forEach(found::add);
    } catch (IOException noFolder) {
      // Nothing was ever served.
    }
    if (found.isEmpty()) {
      throw new CliException(
          ExitCode.FAILED,
          "no server of this user runs; start one with 'virtio serve', or give --control PATH");
    }
    if (found.size() > 1) {
      List<String> pids =
          found.stream().map(f -> f.getFileName().toString().replace(SUFFIX, "")).toList();
      throw new CliException(
          ExitCode.USAGE, "several servers run; choose one with --pid: " + String.join(", ", pids));
    }
    return found.get(0);
  }

  private List<Path> sockets() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("[0-9]{1,10}\\.sock"))
          .sorted()
          .toList();
    }
  }

  private static boolean ofLiveProcess(Path socket) {
    String name = socket.getFileName().toString();
    return ProcessHandle.of(Long.parseLong(name.substring(0, name.length() - SUFFIX.length())))
        .map(ProcessHandle::isAlive)
        .orElse(false);
  }
}
