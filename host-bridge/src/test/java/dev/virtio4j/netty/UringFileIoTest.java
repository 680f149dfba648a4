package dev.virtio4j.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileIoContract;
import dev.virtio4j.loop.FileOperation;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.OpenDescriptors;
import dev.virtio4j.posix.OpenFlags;
import dev.virtio4j.posix.uring.UringFileIo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
  void aRingThatTheKernelNoLongerTakesFailsItsOperationsAndTheLoopGoesOn() throws Exception {
    CompletableFuture.runAsync(loop::fileIo, loop).join();
    replaceRing();

    assertThat(sync().get(20, TimeUnit.SECONDS)).isEqualTo(-Errno.EIO);
    assertThat(sync().get(20, TimeUnit.SECONDS)).isEqualTo(-Errno.EIO);
    assertThat(CompletableFuture.supplyAsync(() -> loop.fileIo().outstanding(), loop).join())
        .isZero();
  }

  /** Puts another file in the place of this process's only ring, as a bug elsewhere might. */
  private static void replaceRing() throws IOException {
    try (Fd nothing = Fd.open(Path.of("/dev/null"), OpenFlags.O_RDWR);
        Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.isSymbolicLink(descriptor)
            && Files.readSymbolicLink(descriptor).toString().contains("io_uring")) {
          int ring = Integer.parseInt(descriptor.getFileName().toString());
          Libc.check(Libc.dup2(nothing.value(), ring), "dup2");
        }
      }
    }
  }

  private CompletableFuture<Integer> sync() {
    CompletableFuture<Integer> done = new CompletableFuture<>();
    FileOperation operation =
        new FileOperation() {
          {
            datasync(0);
          }

          @Override
          protected void completed(int result) {
            done.complete(result);
          }
        };
    loop.execute(() -> loop.fileIo().submit(operation));
    return done;
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
