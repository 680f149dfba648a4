package dev.virtio4j.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.io.FileUtils;

/** The folder of a guest, for what its hypervisor is started with. */
final class GuestFolder {
  private GuestFolder() {}

  /** Fills a folder and starts a process in it, which owns it from then on. */
  @FunctionalInterface
  interface Preparation {
    GuestProcess start(Path folder) throws IOException;
  }

  /**
   * Makes a folder and starts a process in it; where that fails, no folder is left.
   *
   * @param prefix what its name begins with
   * @param preparation fills it
   */
  static GuestProcess start(String prefix, Preparation preparation) throws IOException {
    Path folder = Files.createTempDirectory(prefix);
    try {
      return preparation.start(folder);
    } catch (IOException | RuntimeException | Error failed) {
      FileUtils.deleteQuietly(folder.toFile());
      throw failed;
    }
  }
}
