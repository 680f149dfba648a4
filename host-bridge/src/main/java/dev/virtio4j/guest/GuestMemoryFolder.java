package dev.virtio4j.guest;

import dev.virtio4j.guest.GuestUnavailableException.Lack;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the file goes that is a User-mode Linux's memory. A filesystem that fills up while the
 * guest runs kills it, so there must be room for all of it; a container's {@code /dev/shm} often
 * has 64 MiB.
 */
final class GuestMemoryFolder {
  private static final long RESERVE = 16L << 20;

  private GuestMemoryFolder() {}

  /**
   * Chooses a folder.
   *
   * @param bytes the guest's memory
   * @param own a folder of the guest, taken where memory filesystems are too small
   */
  static Path choose(long bytes, Path own) throws IOException {
    List<Path> candidates = new ArrayList<>(List.of(Path.of("/dev/shm"), own));
    String named = System.getenv("TMPDIR");
    if (named != null && !named.isEmpty()) {
      candidates.add(0, Path.of(named));
    }
    candidates.add(Path.of("/var/tmp"));
    return choose(
        bytes, candidates, Files.readString(Path.of("/proc/self/mounts"), StandardCharsets.UTF_8));
  }

  static Path choose(long bytes, List<Path> candidates, String mounts) throws IOException {
    List<String> refused = new ArrayList<>();
    for (Path folder : candidates) {
      if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
        refused.add(folder + " cannot be written to");
      } else if (isNoExec(folder, mounts)) {
        refused.add(folder + " is mounted noexec");
      } else {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free >= bytes + RESERVE) {
          return folder;
        }
        refused.add(folder + " has " + (free >> 20) + " MiB free");
      }
    }
    throw new GuestUnavailableException(
        Lack.MEMORY,
        "No folder has room for the guest's memory of "
            + (bytes >> 20)
            + " MiB: "
            + String.join(", ", refused)
            + ".",
        "Free some space, or name a folder that has it in the environment variable TMPDIR.");
  }

  /** The kernel maps its memory executable. */
  private static boolean isNoExec(Path folder, String mounts) {
    String[] best = null;
    for (String line : mounts.lines().toList()) {
      String[] fields = line.split(" ");
      // The last of equal mount points lies on top.
      if (fields.length > 3
          && folder.startsWith(fields[1])
          && (best == null || fields[1].length() >= best[1].length())) {
        best = fields;
      }
    }
    return best != null && List.of(best[3].split(",")).contains("noexec");
  }
}
