package dev.virtio4j.bench;

import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A qemu-storage-daemon that serves an image of its own to tests. */
public final class StorageDaemon implements AutoCloseable {
  private final Process process;
  private final Path socket;

  private StorageDaemon(Process process, Path socket) {
    this.process = process;
    this.socket = socket;
  }

  /**
   * Starts one.
   *
   * @param folder where image and socket go
   * @param size bytes of the image
   * @param writable whether the front-end may write
   */
  public static StorageDaemon start(Path folder, long size, boolean writable)
      throws IOException, InterruptedException {
    Path program = Requires.program("qemu-storage-daemon");
    Path image = folder.resolve("disk.img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(size);
    }
    Path socket = folder.resolve("daemon.sock");
    List<String> command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--blockdev",
                "driver=file,node-name=disk,filename=" + image + (writable ? "" : ",read-only=on"),
                "--export",
                "type=vhost-user-blk,id=export,node-name=disk,num-queues=2,writable="
                    + (writable ? "on" : "off")
                    + ",addr.type=unix,addr.path="
                    + socket));
    Path log = folder.resolve("daemon.log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    StorageDaemon daemon = new StorageDaemon(process, socket);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!Files.readString(Path.of("/proc/net/unix")).contains(socket.toString())) {
      if (process.waitFor(5, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
        daemon.close();
        throw new AssertionError("qemu-storage-daemon does not start: " + Files.readString(log));
      }
    }
    return daemon;
  }

  /** Where it listens. */
  public Path socket() {
    return socket;
  }

  /** Ends it at once, as a crash does. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
