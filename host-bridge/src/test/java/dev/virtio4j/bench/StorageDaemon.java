package dev.virtio4j.bench;

import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** QEMU's own vhost-user-blk back-end, a peer that is known to be right. */
public final class StorageDaemon implements AutoCloseable {
  private static final long START_SECONDS = 30;
  private static final long END_SECONDS = 30;

  private final Process process;
  private final Path socket;

  private StorageDaemon(Process process, Path socket) {
    this.process = process;
    this.socket = socket;
  }

  /**
   * Starts one with an image of its own and two queues.
   *
   * @param folder where image and socket go
   * @param size bytes of the image
   * @param writable whether the front-end may write
   */
  public static StorageDaemon start(Path folder, long size, boolean writable)
      throws IOException, InterruptedException {
    Path image = folder.resolve("disk.img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(size);
    }
    return serve(image, folder.resolve("daemon.sock"), 2, writable);
  }

  /** Serves a raw image on a socket, to be written to. */
  public static StorageDaemon serve(Path image, Path socket, int queues)
      throws IOException, InterruptedException {
    return serve(image, socket, queues, true);
  }

  private static StorageDaemon serve(Path image, Path socket, int queues, boolean writable)
      throws IOException, InterruptedException {
    List<String> command =
        List.of(
            Requires.program("qemu-storage-daemon").toString(),
            "--blockdev",
            "driver=file,node-name=disk,discard=unmap,filename="
                + image
                + (writable ? "" : ",read-only=on"),
            "--export",
            "type=vhost-user-blk,id=export,node-name=disk,num-queues="
                + queues
                + ",writable="
                + (writable ? "on" : "off")
                + ",addr.type=unix,addr.path="
                + socket);
    Path log = Files.createTempFile(image.toAbsolutePath().getParent(), "daemon", ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    StorageDaemon daemon = new StorageDaemon(process, socket);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!daemon.listens()) {
      if (process.waitFor(5, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
        daemon.close();
        throw new AssertionError("qemu-storage-daemon does not start: " + Files.readString(log));
      }
    }
    return daemon;
  }

  /** Without connecting, which the daemon would take for its front-end: by /proc/net/unix. */
  private boolean listens() throws IOException {
    String end = " " + socket;
    try (Stream<String> lines = Files.lines(Path.of("/proc/net/unix"))) {
      // __SO_ACCEPTCON: a socket that is only bound does not have it.
      return lines.anyMatch(line -> line.endsWith(end) && line.contains(" 00010000 "));
    }
  }

  /** Where it listens. */
  public Path socket() {
    return socket;
  }

  /** Ends it at once, as a crash does. */
  public void kill() throws InterruptedException {
    if (!process.destroyForcibly().waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("qemu-storage-daemon does not end");
    }
  }

  @Override
  public void close() {
    try {
      kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
