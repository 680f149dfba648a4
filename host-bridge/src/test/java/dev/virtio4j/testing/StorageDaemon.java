package dev.virtio4j.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** QEMU's own vhost-user-blk back-end, a peer that is known to be right. */
public final class StorageDaemon implements AutoCloseable {
  private static final long START_SECONDS = 30;

  private final Process process;
  private final Path socket;

  private StorageDaemon(Process process, Path socket) {
    this.process = process;
    this.socket = socket;
  }

  /** Serves a raw image on a socket. */
  public static StorageDaemon serve(Path image, Path socket, int queues)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Requires.program("qemu-storage-daemon").toString(),
                    "--blockdev",
                    "driver=file,node-name=file,discard=unmap,filename=" + image,
                    "--blockdev",
                    "driver=raw,node-name=disk,file=file",
                    "--export",
                    "type=vhost-user-blk,id=export,node-name=disk,writable=on,num-queues="
                        + queues
                        + ",addr.type=unix,addr.path="
                        + socket))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!Files.exists(socket)) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        process.destroyForcibly().waitFor();
        throw new IOException("qemu-storage-daemon does not serve " + socket);
      }
      Thread.sleep(10);
    }
    return new StorageDaemon(process, socket);
  }

  public Path socket() {
    return socket;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
