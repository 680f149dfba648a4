package dev.virtio4j.vhostuser.session;

import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.FileMode;
import dev.virtio4j.posix.FileStat;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.StatFlags;
import java.nio.ByteBuffer;

/** What a descriptor that a front-end sent stands for, and whether it may stand where it does. */
final class DescriptorKind {
  private static final byte[] EMPTY_PATH = {0};
  private static final int FIFO = 0x1000;

  private final int kind;
  private final long size;

  private DescriptorKind(int kind, long size) {
    this.kind = kind;
    this.size = size;
  }

  static DescriptorKind of(Fd fd) {
    ByteBuffer stat = NativeMemory.allocate(FileStat.SIZE, 8);
    Libc.check(
        Libc.statx(
            fd.value(),
            EMPTY_PATH,
            StatFlags.AT_EMPTY_PATH,
            StatFlags.STATX_BASIC_STATS,
            NativeMemory.address(stat)),
        "statx of a descriptor");
    int mode = Short.toUnsignedInt(stat.getShort(FileStat.STX_MODE));
    return new DescriptorKind(mode & FileMode.S_IFMT, stat.getLong(FileStat.STX_SIZE));
  }

  /** How long a plain file is, in bytes. */
  long size() {
    return size;
  }

  /** A plain file, memfd or hugetlbfs file: something whose length can be checked. */
  static DescriptorKind requireFile(Fd fd, String what) {
    DescriptorKind kind = of(fd);
    if (kind.kind != FileMode.S_IFREG) {
      throw new ProtocolException(
          "the descriptor of %s is %s; it must be a file".formatted(what, kind));
    }
    return kind;
  }

  /** An eventfd, or a pipe or socket in its place: something that a write to cannot hold up. */
  static DescriptorKind requireNotifier(Fd fd, String what) {
    DescriptorKind kind = of(fd);
    if (kind.kind != 0 && kind.kind != FIFO && kind.kind != FileMode.S_IFSOCK) {
      throw new ProtocolException(
          "the descriptor of %s is %s; it must be an eventfd, pipe or socket"
              .formatted(what, kind));
    }
    return kind;
  }

  static void requireSocket(Fd fd, String what) {
    DescriptorKind kind = of(fd);
    if (kind.kind != FileMode.S_IFSOCK) {
      throw new ProtocolException(
          "the descriptor of %s is %s; it must be a socket".formatted(what, kind));
    }
  }

  boolean isSocket() {
    return kind == FileMode.S_IFSOCK;
  }

  boolean isPipe() {
    return kind == FIFO;
  }

  /** Whether reading empties it: it holds bytes rather than a count. */
  boolean holdsBytes() {
    return isPipe() || isSocket();
  }

  @Override
  public String toString() {
    return switch (kind) {
      case 0 -> "an anonymous inode";
      case FIFO -> "a pipe";
      case FileMode.S_IFSOCK -> "a socket";
      case FileMode.S_IFREG -> "a file";
      case FileMode.S_IFBLK -> "a block device";
      case FileMode.S_IFDIR -> "a directory";
      case FileMode.S_IFCHR -> "a character device";
      default -> "of kind 0x%x".formatted(kind);
    };
  }
}
