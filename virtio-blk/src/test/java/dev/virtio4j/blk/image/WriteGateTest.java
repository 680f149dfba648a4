package dev.virtio4j.blk.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.image.ImageRequest.Op;
import dev.virtio4j.loop.ThreadDeviceLoop;
import dev.virtio4j.posix.NativeMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes of several queues that wait for one which must go alone. */
class WriteGateTest {
  private static final int BLOCK = 4096;

  @TempDir Path folder;

  private final CountingLoop loop = new CountingLoop();

  private static BufferRequest request(long start, int length) {
    BufferRequest request = new BufferRequest(NativeMemory.allocate(length, BLOCK), true);
    request.prepare(Op.WRITE, start, length);
    return request;
  }

  private void submit(ImageChannel channel, BufferRequest request) {
    loop.execute(() -> assertThat(channel.submit(request)).isEqualTo(ImageChannel.PENDING));
    loop.steps.run();
  }

  @Test
  void writeThatWaitsOnALoopThatEndsHoldsUpNoOther() throws Exception {
    Path file = Files.write(folder.resolve("disk.img"), new byte[8 * BLOCK]);
    loop.hold = true;
    try (RawImage image = open(file)) {
      ImageChannel channel = image.open(loop);
      BufferRequest alone = request(512, 512);
      submit(channel, alone);
      ThreadDeviceLoop other = ThreadDeviceLoop.start("ends", Duration.ZERO);
      ImageChannel others = image.open(other);
      BufferRequest lost = request(1024, 512);
      int waits =
          CompletableFuture.supplyAsync(() -> others.submit(lost), other).get(20, TimeUnit.SECONDS);
      assertThat(waits).isEqualTo(ImageChannel.PENDING);
      BufferRequest next = request(BLOCK, BLOCK);
      submit(channel, next);
      assertThat(loop.held).hasSize(1);
      other.close();

      finish(512);
      assertThat(alone.outcome).isZero();
      finish(BLOCK);
      assertThat(next.outcome).isZero();
      assertThat(lost.outcome).isEqualTo(BufferRequest.UNFINISHED);
    }
  }

  private void finish(int result) {
    var operation = loop.held.remove();
    loop.execute(() -> operation.complete(result));
    loop.steps.run();
  }

  private static RawImage open(Path file) throws IOException {
    return RawImage.open(
        file, new RawImage.Options(false, true, Engine.IO_URING, LockMode.OFF), BLOCK);
  }
}
