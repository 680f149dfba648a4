package dev.virtio4j.cli.serve;

import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.control.ControlServer;
import dev.virtio4j.cli.control.LeftSocket;
import dev.virtio4j.cli.control.PrometheusText;
import dev.virtio4j.cli.control.ServedDevice;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Prometheus' endpoint: {@code GET /metrics} on a loopback address or a Unix socket. */
final class MetricsEndpoint implements AutoCloseable {
  private static final String UNIX = "unix:";
  private static final int MAX_BODY = 1024;
  private static final int SILENCE_SECONDS = 30;

  private final EventLoopGroup group;
  private final ExecutorService collector;
  private final Channel listener;
  private final Path socket;

  private MetricsEndpoint(
      EventLoopGroup group, ExecutorService collector, Channel listener, Path socket) {
    this.group = group;
    this.collector = collector;
    this.listener = listener;
    this.socket = socket;
  }

  /**
   * Reads where to listen.
   *
   * @param text {@code unix:PATH} or {@code 127.0.0.1:PORT}
   * @throws IllegalArgumentException what goes on behind its name, if it is neither, or an address
   *     that others can reach
   */
  static SocketAddress parse(String text) {
    if (text.startsWith(UNIX) && text.length() > UNIX.length()) {
      return UnixDomainSocketAddress.of(text.substring(UNIX.length()));
    }
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    String port = text.substring(colon + 1);
    // Names are not looked up: the answer might be anybody's.
    boolean loopback =
        host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.[0-9]{1,3}){3}");
    if (!loopback || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65535) {
      throw new IllegalArgumentException(
          "is unix:PATH or 127.0.0.1:PORT, which this machine alone can reach, not '" + text + "'");
    }
    try {
      InetAddress address = InetAddress.getByName(host.equals("localhost") ? "127.0.0.1" : host);
      return new InetSocketAddress(address, Integer.parseInt(port));
    } catch (IOException notAnAddress) {
      throw new IllegalArgumentException(
          "is 127.0.0.1:PORT; '" + host + "' is no address", notAnAddress);
    }
  }

  /**
   * Listens.
   *
   * @param address what {@link #parse} returned
   * @param devices what is served
   * @throws CliException if it cannot
   */
  static MetricsEndpoint start(SocketAddress address, List<ServedDevice> devices) {
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    ExecutorService collector =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "virtio-metrics");
              thread.setDaemon(true);
              return thread;
            });
    Path socket = address instanceof UnixDomainSocketAddress unix ? unix.getPath() : null;
    Class<? extends ServerChannel> type =
        socket != null ? NioServerDomainSocketChannel.class : NioServerSocketChannel.class;
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(type)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new ReadTimeoutHandler(SILENCE_SECONDS),
                            new HttpServerCodec(),
                            new HttpObjectAggregator(MAX_BODY, true),
                            new Handler(devices, collector));
                  }
                });
    try {
      if (socket != null) {
        LeftSocket.remove(socket);
      }
      Channel listener = bootstrap.bind(address).syncUninterruptibly().channel();
      return new MetricsEndpoint(group, collector, listener, socket);
    } catch (Exception notBound) {
      group.shutdownGracefully(0, 0, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
      collector.shutdownNow();
      throw new CliException(
          ExitCode.FAILED,
          "metrics cannot listen on "
              + (socket != null ? socket : address)
              + ": "
              + notBound.getMessage(),
          notBound);
    }
  }

  /** Where it listens, with the port that the system chose for port 0. */
  SocketAddress address() {
    return listener.localAddress();
  }

  @Override
  public void close() {
    listener.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    collector.shutdownNow();
    group.shutdownGracefully(0, 0, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
    if (socket != null) {
      try {
        Files.deleteIfExists(socket);
      } catch (IOException gone) {
        // Somebody else's folder by now.
      }
    }
  }

  /** Answers requests. Collecting waits for the devices' loops, so it has a thread of its own. */
  private static final class Handler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private final List<ServedDevice> devices;
    private final ExecutorService collector;

    Handler(List<ServedDevice> devices, ExecutorService collector) {
      this.devices = devices;
      this.collector = collector;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      String path = request.uri().split("\\?", 2)[0];
      if (!path.equals("/metrics")) {
        answer(context, HttpResponseStatus.NOT_FOUND, "see /metrics\n");
      } else if (!request.method().equals(HttpMethod.GET)
          && !request.method().equals(HttpMethod.HEAD)) {
        answer(context, HttpResponseStatus.METHOD_NOT_ALLOWED, "GET alone\n");
      } else {
        collector.execute(() -> collect(context));
      }
    }

    private void collect(ChannelHandlerContext context) {
      try {
        answer(context, HttpResponseStatus.OK, PrometheusText.render(ControlServer.stats(devices)));
      } catch (IOException silent) {
        answer(context, HttpResponseStatus.SERVICE_UNAVAILABLE, silent.getMessage() + "\n");
      }
    }

    private static void answer(
        ChannelHandlerContext context, HttpResponseStatus status, String text) {
      ByteBuf body = ByteBufUtil.writeUtf8(context.alloc(), text);
      FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
      response
          .headers()
          .set(HttpHeaderNames.CONTENT_TYPE, PrometheusText.CONTENT_TYPE)
          .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
          .set(HttpHeaderNames.CONNECTION, "close");
      context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.channel().unsafe().closeForcibly();
    }
  }
}
