package dev.virtio4j.cli.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AcceptLoopTest {
  @Test
  void goesOnAfterAFailure() throws IOException {
    AtomicInteger calls = new AtomicInteger();
    List<SocketChannel> served = new ArrayList<>();
    try (SocketChannel client = SocketChannel.open()) {
      new AcceptLoop(
              () -> {
                if (calls.incrementAndGet() == 1) {
                  throw new IOException("Too many open files");
                }
                return client;
              },
              () -> calls.get() < 2,
              served::add)
          .run();
      assertThat(served).containsExactly(client);
    }
  }

  @Test
  void endsWhenItsListenerIsClosed() {
    AtomicInteger calls = new AtomicInteger();
    new AcceptLoop(
            () -> {
              calls.incrementAndGet();
              throw new IOException("closed");
            },
            () -> calls.get() == 0,
            client -> {})
        .run();
    assertThat(calls).hasValue(1);
  }
}
