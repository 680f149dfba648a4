package dev.virtio4j.blk.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.image.ImageRequest.Op;
import dev.virtio4j.loop.FileOperation.Kind;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.RwFlags;
import dev.virtio4j.testing.HostNeeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done on the loop, and what goes elsewhere because it may wait for the disk. */
class VectoredEngineTest {
  @TempDir Path folder;

  private final CountingLoop loop = new CountingLoop();
  private Path file;

  @BeforeEach
  void file() throws IOException {
    file = Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
    String type = Files.getFileStore(file).type();
    HostNeeds.that(
        List.of("ext4", "xfs", "btrfs").contains(type),
        "%s is on %s, not on a file system with RWF_NOWAIT.".formatted(folder, type));
  }

  private int run(ImageChannel channel, Op op, long start, int length, boolean durable) {
    BufferRequest request =
        new BufferRequest(NativeMemory.allocate(Math.max(1, length), 4096), true);
    request.prepare(op, start, length);
    request.durable(durable);
    loop.execute(
        () -> {
          int outcome = channel.submit(request);
          if (outcome != ImageChannel.PENDING) {
            request.outcome = outcome;
          }
        });
    assertThat(
            loop.steps.runUntil(
                () -> request.outcome != BufferRequest.UNFINISHED, Duration.ofSeconds(20)))
        .isTrue();
    return request.outcome;
  }

  private RawImage open(boolean direct) throws IOException {
    return RawImage.open(file, new RawImage.Options(false, direct, Engine.AUTO, LockMode.AUTO));
  }

  @Test
  void onlyReadsThatThePageCacheLacksLeaveTheLoop() throws IOException {
    try (RawImage direct = open(true)) {
      ImageChannel channel = direct.open(loop);
      assertThat(run(channel, Op.WRITE, 0, 65536, false)).isZero();
      assertThat(loop.submitted).containsExactly(Kind.WRITE);
    }
    loop.submitted.clear();
    try (RawImage image = open(false)) {
      ImageChannel channel = image.open(loop);
      assertThat(run(channel, Op.READ, 0, 4096, false)).isZero();
      assertThat(loop.submitted).hasSize(1);
      assertThat(run(channel, Op.READ, 0, 4096, false)).isZero();
      assertThat(loop.submitted).as("cached now").hasSize(1);
    }
  }

  @Test
  void writesOfWholePagesStayOnTheLoop() throws IOException {
    try (RawImage image = open(false)) {
      ImageChannel channel = image.open(loop);
      assertThat(run(channel, Op.WRITE, 8192, 8192, false)).isZero();
      assertThat(loop.submitted).isEmpty();
      assertThat(run(channel, Op.WRITE, 0, 2 << 18, false)).isZero();
      assertThat(loop.submitted).isEmpty();
    }
  }

  @Test
  void whatMustReachTheDiskLeavesTheLoop() throws IOException {
    try (RawImage image = open(false)) {
      ImageChannel channel = image.open(loop);
      assertThat(run(channel, Op.WRITE, 0, 4096, true)).isZero();
      assertThat(loop.submitted).containsExactly(Kind.WRITEV);
      assertThat(loop.flags).containsExactly(RwFlags.RWF_DSYNC);
      assertThat(run(channel, Op.FLUSH, 0, 0, false)).isZero();
      assertThat(run(channel, Op.DISCARD, 0, 4096, false)).isZero();
      assertThat(run(channel, Op.WRITE_ZEROES, 0, 4096, true)).isZero();
      assertThat(loop.submitted)
          .containsExactly(
              Kind.WRITEV, Kind.DATASYNC, Kind.FALLOCATE, Kind.FALLOCATE, Kind.DATASYNC);
    }
  }
}
