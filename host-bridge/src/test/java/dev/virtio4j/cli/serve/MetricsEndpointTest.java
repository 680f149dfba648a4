package dev.virtio4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.control.FakeDevice;
import dev.virtio4j.cli.control.ServedDevice;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsEndpointTest {
  private static final List<ServedDevice> DEVICES =
      List.of(new FakeDevice("disk0", FakeDevice.metric("virtio_x_total", 5, "queue", "0")));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "9100",
        ":9100",
        "0.0.0.0:9100",
        "[::]:9100",
        "192.168.0.1:9100",
        "example.org:80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.999:80",
        "unix:",
        "127.0.0.1.example.org:80",
      })
  void onlyWhatThisMachineCanReachIsTaken(String text) {
    assertThatThrownBy(() -> MetricsEndpoint.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("is ");
  }

  @Test
  void servesPrometheusTextOnLoopback() throws Exception {
    try (MetricsEndpoint endpoint =
        MetricsEndpoint.start(MetricsEndpoint.parse("127.0.0.1:0"), DEVICES)) {
      assertThat(((InetSocketAddress) endpoint.address()).getAddress().isLoopbackAddress())
          .isTrue();
      assertThat(get(endpoint.address(), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"))
          .startsWith("HTTP/1.1 200 OK")
          .contains("text/plain; version=0.0.4")
          .contains("virtio_x_total{device=\"disk0\",queue=\"0\"} 5\n");
    }
  }

  @Test
  void servesOnAUnixSocketAndRemovesIt(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("m.sock");
    SocketAddress address = MetricsEndpoint.parse("unix:" + socket);
    try (MetricsEndpoint endpoint = MetricsEndpoint.start(address, DEVICES)) {
      assertThat(endpoint.address()).isNotNull();
      assertThat(get(UnixDomainSocketAddress.of(socket), "GET /metrics?x HTTP/1.0\r\n\r\n"))
          .contains("virtio_x_total");
    }
    assertThat(socket).doesNotExist();
  }

  @Test
  void aSocketThatAKilledServerLeftIsReplaced(@TempDir Path folder) throws Exception {
    SocketAddress address = MetricsEndpoint.parse("unix:" + folder.resolve("m.sock"));
    try (ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      killed.bind(address);
    }
    try (MetricsEndpoint endpoint = MetricsEndpoint.start(address, DEVICES)) {
      assertThat(get(endpoint.address(), "GET /metrics HTTP/1.0\r\n\r\n")).contains("virtio_x");
    }
  }

  @Test
  void aSocketThatSomebodyServesIsNotTakenAway(@TempDir Path folder) throws Exception {
    SocketAddress address = MetricsEndpoint.parse("unix:" + folder.resolve("m.sock"));
    try (MetricsEndpoint first = MetricsEndpoint.start(address, DEVICES)) {
      assertThatThrownBy(() -> MetricsEndpoint.start(first.address(), DEVICES))
          .isInstanceOf(CliException.class)
          .hasMessageContaining("cannot listen on");
      assertThat(get(address, "GET /metrics HTTP/1.0\r\n\r\n")).contains("virtio_x");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n>404",
        "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n>405",
        "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n>413",
      })
  void anythingElseIsRefused(String requestAndStatus) throws Exception {
    String[] parts = requestAndStatus.split(">");
    try (MetricsEndpoint endpoint =
        MetricsEndpoint.start(MetricsEndpoint.parse("127.0.0.1:0"), DEVICES)) {
      assertThat(get(endpoint.address(), parts[0])).startsWith("HTTP/1.1 " + parts[1]);
    }
  }

  @Test
  void anAddressThatIsTakenIsOneError() {
    try (MetricsEndpoint first =
        MetricsEndpoint.start(MetricsEndpoint.parse("127.0.0.1:0"), DEVICES)) {
      assertThatThrownBy(() -> MetricsEndpoint.start(first.address(), DEVICES))
          .isInstanceOf(CliException.class)
          .hasMessageContaining("cannot listen on");
    }
  }

  private static String get(SocketAddress address, String request) throws Exception {
    try (SocketChannel channel = SocketChannel.open(address)) {
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      try (InputStream in = Channels.newInputStream(channel)) {
        return new String(in.readNBytes(1 << 20), StandardCharsets.UTF_8);
      }
    }
  }
}
