package dev.virtio4j.guest.it;

import dev.virtio4j.blk.BlockDevice;
import dev.virtio4j.blk.image.LockMode;
import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.vhostuser.VhostUserServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A process that serves one disk, to be killed: {@code DiskServer SOCKET IMAGE QUEUES LOCKING}.
 * Opens nothing before a byte comes on standard input, so that its start-up can lie before the
 * death of its predecessor; ends with standard input, so that it does not outlive its parent.
 */
final class DiskServer {
  /** What it prints when it listens. */
  static final String LISTENING = "listening";

  private DiskServer() {}

  /** Serves. */
  @SuppressWarnings("try") // The server is there to be open.
  public static void main(String[] args) throws IOException {
    Path socket = Path.of(args[0]);
    try (DeviceLoops loops = DeviceLoops.start(1)) {
      if (System.in.read() < 0) {
        return;
      }
      BlockDevice disk =
          BlockDevice.builder(Path.of(args[1]))
              .queues(Integer.parseInt(args[2]))
              .locking(LockMode.valueOf(args[3]))
              .build();
      try (disk;
          VhostUserServer server = VhostUserServer.builder(loops).export(disk, socket).start()) {
        System.out.write((LISTENING + "\n").getBytes(StandardCharsets.US_ASCII));
        System.out.flush();
        while (System.in.read() >= 0) {
          // Whoever holds the other end writes nothing more.
        }
      }
    }
  }
}
