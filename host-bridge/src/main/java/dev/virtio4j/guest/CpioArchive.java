package dev.virtio4j.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Writes an archive in cpio's newc format, as Linux reads it from an initrd.
 *
 * <p>The same calls give the same bytes: all owners are root, all times 0, and inodes are counted
 * from 1. Parent folders must be added before what is in them.
 */
public final class CpioArchive implements AutoCloseable {
  private static final int S_IFDIR = 0040000;
  private static final int S_IFCHR = 0020000;
  private static final int S_IFREG = 0100000;
  private static final int S_IFLNK = 0120000;

  /** Linux refuses longer names. */
  private static final int PATH_MAX = 4096;

  private final OutputStream out;
  private final Set<String> names = new HashSet<>();
  private long offset;
  private int inode;

  /**
   * Starts an archive.
   *
   * @param out where it is written to, without buffering; closed with the archive
   */
  public CpioArchive(OutputStream out) {
    this.out = out;
  }

  /**
   * Adds a folder with mode 0755.
   *
   * @param name its path, without a leading slash
   * @throws IOException if it cannot be written
   */
  public void folder(String name) throws IOException {
    entry(name, S_IFDIR | 0755, new byte[0], 0, 0);
  }

  /**
   * Adds a file.
   *
   * @param name its path, without a leading slash
   * @param permissions its permission bits, for example 0755
   * @param content its bytes
   * @throws IOException if it cannot be written
   */
  public void file(String name, int permissions, byte[] content) throws IOException {
    if ((permissions & ~07777) != 0) {
      throw new IllegalArgumentException(
          "not permission bits: 0" + Integer.toOctalString(permissions));
    }
    entry(name, S_IFREG | permissions, content, 0, 0);
  }

  /**
   * Adds a symbolic link.
   *
   * @param name its path, without a leading slash
   * @param target what it points to
   * @throws IOException if it cannot be written
   */
  public void link(String name, String target) throws IOException {
    entry(name, S_IFLNK | 0777, target.getBytes(StandardCharsets.UTF_8), 0, 0);
  }

  /**
   * Adds a character device with mode 0600.
   *
   * @param name its path, without a leading slash
   * @param major the device's major number
   * @param minor the device's minor number
   * @throws IOException if it cannot be written
   */
  public void characterDevice(String name, int major, int minor) throws IOException {
    entry(name, S_IFCHR | 0600, new byte[0], major, minor);
  }

  /** Ends the archive and closes the stream below. */
  @Override
  public void close() throws IOException {
    try (out) {
      header("TRAILER!!!", 0, 0, 0, 0, 0);
      out.flush();
    }
  }

  private void entry(String name, int mode, byte[] content, int major, int minor)
      throws IOException {
    if (name.isEmpty() || name.startsWith("/") || name.endsWith("/")) {
      throw new IllegalArgumentException("not a path inside an archive: '" + name + "'");
    }
    int slash = name.lastIndexOf('/');
    if (slash > 0 && !names.contains(name.substring(0, slash))) {
      throw new IllegalArgumentException("no folder for " + name);
    }
    if (!names.add(name)) {
      throw new IllegalArgumentException("twice in the archive: " + name);
    }
    header(name, ++inode, mode, content.length, major, minor);
    out.write(content);
    offset += content.length;
    pad();
  }

  private void header(String name, int ino, int mode, int size, int major, int minor)
      throws IOException {
    byte[] path = name.getBytes(StandardCharsets.UTF_8);
    if (path.length >= PATH_MAX) {
      throw new IllegalArgumentException("a path of " + path.length + " bytes is too long");
    }
    // magic ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize
    // check
    String header =
        String.format(
            Locale.ROOT,
            "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
            ino,
            mode,
            0,
            0,
            1,
            0,
            size,
            0,
            0,
            major,
            minor,
            path.length + 1,
            0);
    out.write(header.getBytes(StandardCharsets.US_ASCII));
    out.write(path);
    out.write(0);
    offset += header.length() + path.length + 1;
    pad();
  }

  private void pad() throws IOException {
    while ((offset & 3) != 0) {
      out.write(0);
      offset++;
    }
  }
}
