package dev.virtio4j.guest.it;

import dev.virtio4j.posix.FileStat;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Image files for guests. */
final class Images {
  private static final int AT_FDCWD = -100;
  private static final int STATX_BLOCKS = 0x400;
  private static final int STAT_BLOCK = 512;

  private Images() {}

  /** Makes an image that is one hole. */
  static Path sparse(Path path, long bytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(bytes);
    }
    return path;
  }

  /** How much of a file the host has on its disk, in bytes. */
  static long allocated(Path path) {
    ByteBuffer result = NativeMemory.allocate(FileStat.SIZE, 8);
    Libc.check(
        Libc.statx(
            AT_FDCWD, Libc.string(path.toString()), 0, STATX_BLOCKS, NativeMemory.address(result)),
        "statx");
    return result.getLong(FileStat.STX_BLOCKS) * STAT_BLOCK;
  }
}
