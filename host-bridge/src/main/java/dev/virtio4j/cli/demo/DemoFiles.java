package dev.virtio4j.cli.demo;

import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.command.Units;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.io.FileUtils;

/** The demo's folder: the socket, and the image unless the user named one. Removed at the end. */
final class DemoFiles implements AutoCloseable {
  /** What the guest writes: the region it measures, its files, and what a filesystem needs. */
  private static final long ROOM = 400L << 20;

  /** sun_path, less the socket's own name. */
  private static final int MAX_FOLDER = 90;

  private final Path folder;
  private final Path socketFolder;
  private final Path image;
  private final boolean named;
  private volatile boolean keep;

  private DemoFiles(Path folder, Path socketFolder, Path image, boolean named, boolean keep) {
    this.folder = folder;
    this.socketFolder = socketFolder;
    this.image = image;
    this.named = named;
    this.keep = keep;
  }

  /**
   * Makes the folder and the image.
   *
   * @param environment TMPDIR is where, else /tmp
   * @param named an image that is not there yet; null for one in the folder
   * @param size of the image, bytes
   * @param keep whether the image stays whatever happens; one that was named stays if all went well
   * @throws CliException if there is no room, or the image is there already
   */
  static DemoFiles make(Map<String, String> environment, Path named, long size, boolean keep) {
    String tmpdir = environment.getOrDefault("TMPDIR", "");
    Path base = Path.of(tmpdir.isEmpty() ? "/tmp" : tmpdir).toAbsolutePath();
    if (named != null && Files.exists(named)) {
      throw new CliException(
          ExitCode.USAGE,
          "--image: "
              + named
              + " is there already, and the demo would overwrite it; name a new file");
    }
    if (named != null && !Files.isDirectory(named.toAbsolutePath().getParent())) {
      throw new CliException(
          ExitCode.USAGE,
          "--image: there is no folder "
              + named.toAbsolutePath().getParent()
              + "; make it, or name a file in another one");
    }
    Path folder = null;
    Path made = null;
    try {
      folder = Files.createTempDirectory(base, "virtio4j-demo-");
      Path image = named != null ? named : folder.resolve("disk.img");
      Path where = named != null ? named.toAbsolutePath().getParent() : folder;
      long room = Files.getFileStore(where).getUsableSpace();
      if (room < Math.min(ROOM, size)) {
        throw new CliException(
            ExitCode.HOST_LACKS,
            where
                + " has "
                + Units.size((double) room)
                + " left, and the demo's disk takes "
                + Units.size((double) Math.min(ROOM, size))
                + (named != null
                    ? "; name a file in a folder with more"
                    : "; set TMPDIR to a folder with more"));
      }
      made = Files.createFile(image);
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(size);
      }
      boolean fits =
          folder.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_FOLDER
              && !folder.toString().matches(".*[: ].*");
      Path sockets = fits ? folder : Files.createTempDirectory(Path.of("/tmp"), "virtio4j-demo-");
      return new DemoFiles(folder, sockets, image, named != null, keep);
    } catch (IOException | RuntimeException failed) {
      if (folder != null) {
        FileUtils.deleteQuietly(folder.toFile());
      }
      if (made != null) {
        FileUtils.deleteQuietly(made.toFile());
      }
      if (failed instanceof CliException told) {
        throw told;
      }
      throw new CliException(
          ExitCode.FAILED,
          "the demo's disk cannot be made"
              + (named != null ? " at " + named : " in " + base)
              + ": "
              + failed,
          failed);
    }
  }

  Path image() {
    return image;
  }

  Path socket() {
    return socketFolder.resolve("disk.sock");
  }

  /** Whether the image stays if all goes well. */
  boolean keep() {
    return keep || named;
  }

  /** All went well: an image that was named stays. */
  void finished() {
    keep |= named;
  }

  /** Removes everything but an image that stays. May be called twice. */
  @Override
  public void close() {
    if (!socketFolder.equals(folder)) {
      FileUtils.deleteQuietly(socketFolder.toFile());
    }
    if (keep && image.startsWith(folder)) {
      FileUtils.deleteQuietly(socket().toFile());
    } else {
      FileUtils.deleteQuietly(folder.toFile());
    }
    if (!keep) {
      FileUtils.deleteQuietly(image.toFile());
    }
  }
}
