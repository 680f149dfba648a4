package dev.virtio4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.bench.BlkLoad;
import dev.virtio4j.bench.BlkLoadOptions;
import dev.virtio4j.bench.Workload;
import dev.virtio4j.cli.spec.DeviceRequest;
import dev.virtio4j.cli.spec.RequestResolver;
import dev.virtio4j.cli.spec.SocketActivation;
import dev.virtio4j.cli.spec.SpecParser;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.UnixListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, disabledReason = "vhost-user needs Linux")
class AdoptedSocketTest {
  private static final int F_DUPFD = 0;

  @Test
  void aListeningDescriptorIsServed(@TempDir Path folder) {
    Path socket = folder.resolve("a.sock");
    try (UnixListener parent = UnixListener.listen(socket, 8)) {
      int inherited = Libc.check(Libc.fcntl(parent.descriptor(), F_DUPFD, 3), "dup");
      List<String> problems = new ArrayList<>();
      List<DeviceRequest> requests =
          new RequestResolver(Serving.providers(), new SocketActivation(List.of()), problems)
              .resolve(
                  List.of(
                      SpecParser.parse(
                          "blk,create=4M,fd=" + inherited + ",image=" + folder.resolve("d.img"),
                          problems)));
      assertThat(problems).isEmpty();
      try (DeviceServer server =
          DeviceServer.start(requests, new ServeOptions(0, -1, null, null))) {
        assertThat(server.devices().get(0).announcement())
            .isEqualTo("listening blk blk0 fd=" + inherited + " queues=1 size=4194304");
        assertThat(
                BlkLoad.run(BlkLoadOptions.usual(socket, Workload.VERIFY), (what, share) -> {})
                    .errors())
            .isZero();
      }
    }
  }
}
