package dev.virtio4j.blk;

import dev.virtio4j.posix.FileStat;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.StatFlags;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** How much of a file has storage behind it. */
final class StorageSize {
  private StorageSize() {}

  static long allocated(Path file) {
    ByteBuffer stat = NativeMemory.allocate(FileStat.SIZE, 8);
    Libc.check(
        Libc.statx(
            StatFlags.AT_FDCWD,
            Libc.string(file.toString()),
            0,
            StatFlags.STATX_BASIC_STATS,
            NativeMemory.address(stat)),
        "statx " + file);
    return 512 * stat.getLong(FileStat.STX_BLOCKS);
  }
}
