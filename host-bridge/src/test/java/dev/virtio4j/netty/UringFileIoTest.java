package dev.virtio4j.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileIoContract;
import dev.virtio4j.posix.OpenDescriptors;
import dev.virtio4j.posix.uring.UringFileIo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class UringFileIoTest extends FileIoContract {
  @BeforeAll
  static void needsIoUring() {
    String reason = UringFileIo.unavailableReason();
    assumeTrue(reason == null, reason);
  }

  @Override
  protected DeviceLoop start() {
    return new NettyDeviceLoop("file-io", 20_000, UringFileIo::open);
  }

  @Override
  protected void close(DeviceLoop started) {
    ((NettyDeviceLoop) started).close();
  }

  @Override
  protected String name() {
    return "io_uring";
  }

  @Test
  void leavesNothingOpenAndNothingMapped() throws IOException {
    long before = OpenDescriptors.count("anon_inode:");
    DeviceLoop other = start();
    CompletableFuture.runAsync(other::fileIo, other).join();
    assertThat(OpenDescriptors.count("io_uring")).isPositive();
    close(other);
    assertThat(OpenDescriptors.count("anon_inode:")).isEqualTo(before);
    assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain("io_uring");
  }
}
