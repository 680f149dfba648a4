package dev.virtio4j.guest;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.apache.commons.io.FileUtils;

/**
 * Folders that are made once and kept: unpacked guests.
 *
 * <p>An entry is there whole or not at all: it is filled under another name and renamed. A lock
 * file keeps two processes from filling one entry at once; it belongs to its holder's process, so
 * one that dies leaves nothing to clear but a folder that the next one removes.
 */
public final class GuestCache {
  /** Part of every path; goes up when an entry's layout changes, so that old ones are not read. */
  private static final String LAYOUT = "guests-1";

  private static final long LOCK_POLL_MILLIS = 50;

  private final Path root;

  /**
   * Creates a cache in a folder of its own.
   *
   * @param root the folder, made when first needed
   */
  public GuestCache(Path root) {
    this.root = root.toAbsolutePath().resolve(LAYOUT);
  }

  /**
   * The user's cache: {@code $XDG_CACHE_HOME/virtio4j}, else {@code ~/.cache/virtio4j}.
   *
   * @return the cache; nothing is made yet
   */
  public static GuestCache ofUser() {
    return new GuestCache(userFolder(System.getenv(), System.getProperty("user.home")));
  }

  static Path userFolder(Map<String, String> environment, String home) {
    String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    // The XDG base directory specification: a relative path is to be ignored.
    Path base =
        !xdg.isEmpty() && Path.of(xdg).isAbsolute() ? Path.of(xdg) : Path.of(home, ".cache");
    return base.resolve("virtio4j");
  }

  /**
   * The folder that holds the entries.
   *
   * @return an absolute path
   */
  public Path folder() {
    return root;
  }

  /** Fills an entry's folder. */
  @FunctionalInterface
  public interface Filler {
    /**
     * Fills it.
     *
     * @param folder an empty folder that becomes the entry
     * @throws IOException if it cannot be filled; nothing is kept then
     */
    void fill(Path folder) throws IOException;
  }

  /**
   * Tells whether an entry is there.
   *
   * @param name the entry's name
   * @return whether it is filled
   */
  public boolean has(String name) {
    return Files.isDirectory(entry(name));
  }

  /**
   * Returns an entry's folder, filling it first where it is not there.
   *
   * @param name the entry's name: letters, digits, and {@code . - _ +}
   * @param filler fills it
   * @return the entry's folder
   * @throws IOException if it cannot be filled
   */
  public Path get(String name, Filler filler) throws IOException {
    Path entry = entry(name);
    if (Files.isDirectory(entry)) {
      return entry;
    }
    return locked(
        name,
        () -> {
          if (Files.isDirectory(entry)) {
            return entry; // Another process filled it while this one waited.
          }
          Path filling = root.resolve(name + ".filling");
          FileUtils.deleteDirectory(filling.toFile());
          Files.createDirectories(filling);
          try {
            filler.fill(filling);
            move(filling, entry);
          } catch (IOException | RuntimeException e) {
            FileUtils.deleteQuietly(filling.toFile());
            throw e;
          }
          return entry;
        });
  }

  /** What is done under a lock. */
  @FunctionalInterface
  interface Locked<T> {
    T run() throws IOException;
  }

  /** Runs an action that no other process, thread or cache object runs under that name. */
  <T> T locked(String name, Locked<T> action) throws IOException {
    Files.createDirectories(root);
    Path lockFile = root.resolve(name + ".lock");
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = lock(channel, lockFile)) {
      if (!held.isValid()) {
        throw new IOException("lost the lock " + lockFile);
      }
      return action.run();
    }
  }

  /** Waits by polling: FileChannel.lock throws where another thread of this JVM holds the lock. */
  private static FileLock lock(FileChannel channel, Path lockFile) throws IOException {
    while (true) {
      try {
        FileLock lock = channel.tryLock();
        if (lock != null) {
          return lock;
        }
      } catch (OverlappingFileLockException e) {
        // Held by this JVM: wait as for any other holder.
      }
      try {
        Thread.sleep(LOCK_POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while waiting for the lock " + lockFile, e);
      }
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException("the cache folder " + to.getParent() + " cannot rename folders", e);
    }
  }

  private Path entry(String name) {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._+-]*")) {
      throw new IllegalArgumentException("not a name of a cache entry: " + name);
    }
    return root.resolve(name);
  }
}
