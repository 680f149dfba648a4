package dev.virtio4j.cli.control;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** Unix sockets in the file system, which stay there when their server is killed. */
public final class LeftSocket {
  private LeftSocket() {}

  /**
   * Tells whether a path is a socket that nobody serves any more.
   *
   * @param path any
   * @return true if so; false too where that cannot be known
   */
  public static boolean isAt(Path path) {
    try {
      if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .isOther()) {
        return false;
      }
      try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        // A server whose queue of connections is full is to hold nobody up.
        probe.configureBlocking(false);
        probe.connect(UnixDomainSocketAddress.of(path));
        return false;
      }
    } catch (ConnectException refused) {
      return true;
    } catch (IOException | RuntimeException unknown) {
      return false;
    }
  }

  /**
   * Removes a socket that nobody serves any more; anything else is left.
   *
   * @param path any
   * @throws IOException if it cannot be removed
   */
  public static void remove(Path path) throws IOException {
    if (isAt(path)) {
      Files.deleteIfExists(path);
    }
  }
}
