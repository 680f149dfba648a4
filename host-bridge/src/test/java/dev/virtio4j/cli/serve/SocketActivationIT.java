package dev.virtio4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.bench.BlkLoad;
import dev.virtio4j.bench.BlkLoadOptions;
import dev.virtio4j.bench.Workload;
import dev.virtio4j.cli.InstalledLauncher;
import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, started with listening sockets as systemd starts a service. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "vhost-user needs Linux")
class SocketActivationIT {
  /** Opens a socket for each path before "--", then becomes the command behind it. */
  private static final String SYSTEMD =
      """
      use Socket;
      $^F = 99;
      while ((my $path = shift) ne '--') {
        socket(my $socket, PF_UNIX, SOCK_STREAM, 0) or die;
        bind($socket, pack_sockaddr_un($path)) or die;
        listen($socket, 8) or die;
        push @sockets, $socket;
      }
      fileno($sockets[0]) == 3 or die 'the first is not 3';
      $ENV{LISTEN_FDS} = @sockets;
      $ENV{LISTEN_PID} = $$;
      exec @ARGV;
      """;

  @TempDir private Path folder;

  @Test
  void aDeviceWithoutASocketServesTheOneThatWasHandedOver() throws Exception {
    Path image = image();
    Path socket = folder.resolve("a.sock");
    try (ServeProcess server = start(List.of(socket), "blk,image=" + image)) {
      assertThat(server.line()).as(server.errors()).startsWith("listening blk blk0 fd=3 queues=1");
      var load = BlkLoad.run(BlkLoadOptions.usual(socket, Workload.VERIFY), (what, share) -> {});
      assertThat(load.errors() + load.bad()).isZero();
      server.terminate();
      assertThat(server.exitStatus()).as(server.errors()).isZero();
    }
  }

  @Test
  void moreSocketsThanDevicesAreAnError() throws Exception {
    List<Path> sockets = List.of(folder.resolve("a.sock"), folder.resolve("b.sock"));
    try (ServeProcess server = start(sockets, "blk,image=" + image())) {
      assertThat(server.line()).isNull();
      assertThat(server.exitStatus()).isEqualTo(2);
      assertThat(server.errors())
          .isEqualTo(
              "virtio: LISTEN_FDS: no device takes socket 4; 2 were handed over: add a device"
                  + " without 'socket', or hand over fewer\n");
    }
  }

  private ServeProcess start(List<Path> sockets, String spec) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(Requires.program("perl").toString(), "-e", SYSTEMD));
    sockets.forEach(socket -> command.add(socket.toString()));
    command.addAll(List.of("--", InstalledLauncher.in(folder).toString(), "serve", spec));
    return ServeProcess.run(folder, command);
  }

  private Path image() throws IOException {
    Path image = folder.resolve("disk.img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(8 << 20);
    }
    return image;
  }
}
