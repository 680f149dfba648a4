package dev.virtio4j.blk.io;

import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.FileControl;
import dev.virtio4j.posix.FileLock;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.OpenFlags;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Locks an image file against other users, by open-file-description locks on single bytes, as QEMU
 * does (block/file-posix.c), so that each refuses the other.
 *
 * <p>Byte 100 + n is read-locked by who uses permission n, byte 200 + n by who lets nobody else use
 * it; conflicts are found by asking whether a write lock would be possible. Read locks alone are
 * taken, so that a file open for reading can be locked. The kernel drops them with the last
 * descriptor, also when the process is killed.
 */
public final class ImageLock implements AutoCloseable {
  private static final int USED = 100;
  private static final int DENIED = 200;

  private static final int CONSISTENT_READ = 0;
  private static final int WRITE = 1;
  private static final int RESIZE = 3;

  /** QEMU's permissions: consistent read, write, write unchanged, resize, and a retired one. */
  private static final int PERMISSIONS = 5;

  private static final String[] NAMES = {
    "consistent read", "write", "write unchanged", "resize", "graph"
  };

  private static final System.Logger LOG = System.getLogger(ImageLock.class.getName());

  private static final long PAUSE_NANOS = 50_000_000;

  private final Fd file;

  private ImageLock(Fd file) {
    this.file = file;
  }

  /** The file is in use, or cannot be locked. */
  public static final class LockedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean unsupported;

    LockedException(String message, boolean unsupported) {
      super(message);
      this.unsupported = unsupported;
    }

    /**
     * Tells why.
     *
     * @return true if such locks do not work on this file; false if it is in use
     */
    public boolean unsupported() {
      return unsupported;
    }
  }

  /**
   * Locks a file.
   *
   * @param path the image
   * @param readOnly readers share; a writer shares with nobody but readers that say so
   * @param patience how long to wait for who uses it: a killed process's last I/O can hold its
   *     locks for seconds longer than it lives, on a busy disk
   * @return holds the lock until it is closed
   * @throws LockedException if somebody else uses the file, or it cannot be locked
   */
  public static ImageLock acquire(Path path, boolean readOnly, Duration patience)
      throws LockedException {
    long begun = System.nanoTime();
    for (boolean told = false; ; told = true) {
      // Non-blocking, so that a FIFO does not hold the open up; only locks are asked of it.
      Fd file = Fd.open(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
      try {
        lock(file.value(), path, readOnly);
        return new ImageLock(file);
      } catch (LockedException e) {
        file.close();
        if (e.unsupported() || System.nanoTime() - begun >= patience.toNanos()) {
          throw e;
        }
        if (!told) {
          LOG.log(
              Level.INFO,
              "image {0} is in use: waiting up to {1} s for its locks",
              path,
              patience.toSeconds());
        }
        if (!pause()) {
          throw e;
        }
      } catch (RuntimeException | Error e) {
        file.close();
        throw e;
      }
    }
  }

  private static boolean pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE_NANOS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void lock(int file, Path path, boolean readOnly) throws LockedException {
    int used = 1 << CONSISTENT_READ;
    if (!readOnly) {
      used |= 1 << WRITE | 1 << RESIZE;
    }
    int denied = 1 << WRITE | 1 << RESIZE;
    ByteBuffer lock = NativeMemory.allocate(FileLock.SIZE, 8);
    // All are taken before any is asked for: of two that come at once, both may lose, never none.
    for (int i = 0; i < PERMISSIONS; i++) {
      if ((used >> i & 1) != 0) {
        take(file, lock, USED + i, path);
      }
      if ((denied >> i & 1) != 0) {
        take(file, lock, DENIED + i, path);
      }
    }
    for (int i = 0; i < PERMISSIONS; i++) {
      if ((denied >> i & 1) != 0 && taken(file, lock, USED + i)) {
        throw inUse(path, readOnly, "uses", i);
      }
      if ((used >> i & 1) != 0 && taken(file, lock, DENIED + i)) {
        throw inUse(path, readOnly, "does not share", i);
      }
    }
  }

  private static LockedException inUse(Path path, boolean readOnly, String how, int permission) {
    String hint =
        readOnly
            ? "end that process, or switch locking off if you know that reading along is safe"
            : "a disk has one writer: end that process, or open the image read-only in both";
    return new LockedException(
        "image %s is in use: another process %s the permission '%s' on it; %s"
            .formatted(path, how, NAMES[permission], hint),
        false);
  }

  private static void fill(ByteBuffer lock, int type, int start) {
    lock.putLong(0, 0).putLong(FileLock.L_PID, 0); // An OFD lock's l_pid is 0.
    lock.putShort(FileLock.L_TYPE, (short) type).putShort(FileLock.L_WHENCE, (short) 0);
    lock.putLong(FileLock.L_START, start).putLong(FileLock.L_LEN, 1);
  }

  private static void take(int file, ByteBuffer lock, int start, Path path) throws LockedException {
    fill(lock, FileControl.F_RDLCK, start);
    if (Libc.fcntl(file, FileControl.F_OFD_SETLK, NativeMemory.address(lock)) < 0) {
      int errno = Libc.errno();
      boolean busy = errno == Errno.EAGAIN || errno == Errno.EACCES;
      throw new LockedException(
          busy
              ? "image %s is locked by another process".formatted(path)
              : "image %s cannot be locked: %s; switch locking off if nobody else uses it"
                  .formatted(path, Errno.text(errno)),
          !busy);
    }
  }

  private static boolean taken(int file, ByteBuffer lock, int start) {
    fill(lock, FileControl.F_WRLCK, start);
    Libc.check(
        Libc.fcntl(file, FileControl.F_OFD_GETLK, NativeMemory.address(lock)), "fcntl F_OFD_GETLK");
    return lock.getShort(FileLock.L_TYPE) != FileControl.F_UNLCK;
  }

  /** Gives the lock up. */
  @Override
  public void close() {
    file.close();
  }
}
