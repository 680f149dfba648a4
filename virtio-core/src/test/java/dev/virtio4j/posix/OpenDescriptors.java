package dev.virtio4j.posix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Counts what this process has open, to find descriptors that leak. */
public final class OpenDescriptors {
  private OpenDescriptors() {}

  /**
   * Tells whether a descriptor is open.
   *
   * @param descriptor a number
   * @return true if it is
   */
  public static boolean isOpen(int descriptor) {
    return Libc.fcntl(descriptor, FileControl.F_GETFD, 0) >= 0;
  }

  /**
   * Counts descriptors whose target has this in its name, such as {@code "socket:"}.
   *
   * @param part part of the target's name
   * @return how many
   */
  public static long count(String part) {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.filter(p -> target(p).contains(part)).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return ""; // Closed meanwhile.
    }
  }
}
