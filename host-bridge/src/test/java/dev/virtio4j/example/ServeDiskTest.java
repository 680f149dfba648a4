package dev.virtio4j.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.bench.BlkLoad;
import dev.virtio4j.bench.BlkLoadOptions;
import dev.virtio4j.bench.Workload;
import dev.virtio4j.loop.Await;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ServeDiskTest {
  private static final Path SOURCE = Path.of("src/test/java/dev/virtio4j/example/ServeDisk.java");
  private static final Path README = Path.of("../README.md");

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "vhost-user needs Linux")
  void theExampleServesADisk(@TempDir Path folder) throws Exception {
    Path image = folder.resolve("disk.img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(8 << 20);
    }
    Path socket = folder.resolve("a.sock");
    Thread example =
        new Thread(() -> ServeDisk.main(new String[] {image.toString(), socket.toString()}));
    example.start();
    try {
      Await.until("it listens", () -> listens(socket) || !example.isAlive());
      var result = BlkLoad.run(BlkLoadOptions.usual(socket, Workload.VERIFY), (what, share) -> {});
      assertThat(result.errors()).isZero();
    } finally {
      example.interrupt();
      example.join(20_000);
    }
    assertThat(example.isAlive()).isFalse();
    assertThat(socket).doesNotExist();
  }

  private static boolean listens(Path socket) {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return channel.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  @Test
  void theReadmeShowsExactlyTheseLines() throws Exception {
    String source = Files.readString(SOURCE);
    String shown = source.substring(source.indexOf("import "));
    assertThat(README).content().contains("```java\n" + shown + "```");
  }
}
