package dev.virtio4j.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * What a test needs of its host. Where that cannot be had the test is skipped, with the reason; but
 * with {@code CI=true} it fails, so that a machine that should have it is not green without it.
 */
public final class HostNeeds {
  private HostNeeds() {}

  /**
   * Goes on only where the host has it.
   *
   * @param available whether it has
   * @param lack a sentence for where it has not
   */
  public static void that(boolean available, String lack) {
    that(available, lack, "true".equals(System.getenv("CI")));
  }

  static void that(boolean available, String lack, boolean ci) {
    if (!available && ci) {
      throw new AssertionError("CI=true, so this may not be lacking: " + lack);
    }
    Assumptions.assumeTrue(available, lack);
  }

  /**
   * Goes on only where the host has what no machine has to have.
   *
   * @param available whether it has
   * @param lack a sentence that says why it may be lacking
   */
  public static void ifThereIs(boolean available, String lack) {
    Assumptions.assumeTrue(available, lack);
  }

  /**
   * Finds a program of the host.
   *
   * @param name its file name
   * @return where it is
   */
  public static Path program(String name) {
    String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin";
    Path found =
        Stream.of(path.split(":"))
            .filter(folder -> !folder.isEmpty())
            .map(folder -> Path.of(folder, name))
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(null);
    that(found != null, "There is no program " + name + " here.");
    return found;
  }
}
