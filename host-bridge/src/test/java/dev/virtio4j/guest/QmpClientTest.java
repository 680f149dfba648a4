package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.lines.LineChannel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QmpClientTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String GREETING = "{\"QMP\": {}}";
  private static final String DONE = "{\"return\": {}}";

  @TempDir private Path folder;
  private Path socket;
  private ServerSocketChannel listener;

  @BeforeEach
  void listen() throws IOException {
    socket = folder.resolve("qmp.sock");
    listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(socket));
  }

  @AfterEach
  void close() throws IOException {
    listener.close();
  }

  @Test
  void eventsArePassedOver() throws Exception {
    CompletableFuture<LineChannel> qemu =
        qemu(GREETING, DONE, "{\"event\": \"STOP\"}", "{\"return\": {\"status\": \"paused\"}}");
    try (QmpClient client = QmpClient.connect(socket, PATIENCE);
        LineChannel there = qemu.join()) {
      assertThat(client.status()).isEqualTo("paused");
      assertThat(there).isNotNull();
    }
  }

  @Test
  void anAnswerThatDoesNotComeIsNotWaitedForForEver() throws Exception {
    CompletableFuture<LineChannel> qemu = qemu(GREETING, DONE);
    try (QmpClient client = QmpClient.connect(socket, Duration.ofMillis(500));
        LineChannel there = qemu.join()) {
      assertThatThrownBy(client::status)
          .isInstanceOf(GuestTimeoutException.class)
          .hasMessageContaining("query-status in 500 ms");
      assertThat(there).isNotNull();
    }
  }

  @Test
  void aGreetingThatDoesNotComeIsNotWaitedForForEver() {
    assertThatThrownBy(() -> QmpClient.connect(socket, Duration.ofMillis(200)))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("QEMU does not answer at " + socket);
  }

  /** A QEMU that says some lines, whatever it is asked. */
  private CompletableFuture<LineChannel> qemu(String... lines) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            LineChannel channel = new LineChannel(listener.accept());
            for (String line : lines) {
              channel.write(line, PATIENCE.toMillis());
            }
            return channel;
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
