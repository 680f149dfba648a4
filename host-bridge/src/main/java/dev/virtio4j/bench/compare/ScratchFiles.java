package dev.virtio4j.bench.compare;

import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.command.Units;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** A folder of images, sockets and logs that is gone afterwards. */
final class ScratchFiles implements AutoCloseable {
  private static final int CHUNK = 1 << 20;

  private final Path folder;

  private ScratchFiles(Path folder) {
    this.folder = folder;
  }

  static ScratchFiles in(Path parent) throws IOException {
    if (!Files.isDirectory(parent) || !Files.isWritable(parent)) {
      throw new CliException(ExitCode.USAGE, parent + " is not a folder that can be written");
    }
    return new ScratchFiles(Files.createTempDirectory(parent, "virtio4j-"));
  }

  Path path(String name) {
    return folder.resolve(name);
  }

  /** An image full of data, since holes are read faster than what was written. */
  Path image(String name, long bytes) throws IOException {
    long room = Files.getFileStore(folder).getUsableSpace();
    if (room < bytes + (64L << 20)) {
      throw new CliException(
          ExitCode.HOST_LACKS,
          "%s has room for %s and an image takes %s; choose --size smaller, or another folder"
              .formatted(
                  folder.getParent(), Units.size((double) room), Units.size((double) bytes)));
    }
    Path image = folder.resolve(name);
    byte[] chunk = new byte[CHUNK];
    new Random(bytes).nextBytes(chunk);
    try (FileChannel channel =
        FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(chunk);
      for (long at = 0; at < bytes; at += buffer.limit()) {
        buffer.clear().limit((int) Math.min(CHUNK, bytes - at));
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
      }
      channel.force(true);
    }
    return image;
  }

  @Override
  public void close() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(folder);
  }
}
