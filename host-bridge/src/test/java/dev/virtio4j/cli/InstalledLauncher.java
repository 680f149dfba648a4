package dev.virtio4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code bin/virtio} with this build's results, in a tree without sources: it builds nothing. */
public final class InstalledLauncher {
  private InstalledLauncher() {}

  /**
   * Makes the tree.
   *
   * @param folder where
   * @return the launcher, to be run
   */
  public static Path in(Path folder) throws IOException {
    Path module = Path.of("").toAbsolutePath();
    Path tree = folder.resolve("installed/host-bridge");
    Path target = Files.createDirectories(tree.resolve("target"));
    for (String result : List.of("host-bridge.jar", "lib", "launcher", "native")) {
      Files.createSymbolicLink(target.resolve(result), module.resolve("target").resolve(result));
    }
    Path launcher = Files.createDirectories(tree.resolve("bin")).resolve("virtio");
    return Files.copy(
        module.resolve("bin/virtio"), launcher, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
  }
}
