package dev.virtio4j.blk.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.blk.image.ImageRequest.Op;
import dev.virtio4j.driver.SteppedLoop;
import dev.virtio4j.posix.NativeMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every image owes to who uses it. A subclass says how one is opened. */
abstract class DiskImageContract {
  static final int SIZE = 4 << 20;

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;

  final SteppedLoop loop = new SteppedLoop();
  DiskImage image;
  ImageChannel channel;

  /** Opens an image of {@link #SIZE} bytes, all of them 1, for reading and writing. */
  abstract DiskImage open(Path folder) throws IOException;

  /** Opens the same content again, for reading; the first image has been closed. */
  abstract DiskImage reopen(Path folder) throws IOException;

  @BeforeEach
  void openImage() throws IOException {
    image = open(folder);
    channel = image.open(loop);
  }

  @AfterEach
  void closeImage() {
    image.close();
  }

  final BufferRequest buffer(int length, int misalignment, boolean mappable) {
    ByteBuffer all = NativeMemory.allocate(length + misalignment, 4096);
    return new BufferRequest(all.slice(misalignment, length), mappable);
  }

  final void start(BufferRequest request) {
    request.outcome = BufferRequest.UNFINISHED;
    loop.execute(
        () -> {
          int outcome = channel.submit(request);
          if (outcome != ImageChannel.PENDING) {
            request.outcome = outcome;
          }
        });
  }

  final void finish(BufferRequest... requests) {
    for (BufferRequest request : requests) {
      boolean done =
          loop.runUntil(
              () -> request.outcome != BufferRequest.UNFINISHED || request.broken != null,
              PATIENCE);
      assertThat(done).isTrue();
    }
  }

  final int run(BufferRequest request) {
    start(request);
    finish(request);
    return request.outcome;
  }

  final byte[] read(long start, int length) {
    BufferRequest request = buffer(length, 0, true);
    request.prepare(Op.READ, start, length);
    assertThat(run(request)).isZero();
    byte[] bytes = new byte[length];
    request.data.get(0, bytes);
    return bytes;
  }

  final int write(long start, byte[] bytes) {
    BufferRequest request = buffer(bytes.length, 0, true);
    request.data.put(0, bytes);
    request.prepare(Op.WRITE, start, bytes.length);
    return run(request);
  }

  final int zero(long start, long length, boolean unmap, boolean durable) {
    BufferRequest request = buffer(1, 0, true);
    request.prepare(Op.WRITE_ZEROES, start, length);
    request.unmap(unmap);
    request.durable(durable);
    return run(request);
  }

  static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Test
  void tellsItsSize() {
    assertThat(image.size()).isEqualTo(SIZE);
    assertThat(image.readOnly()).isFalse();
  }

  @Test
  void readsWhatWasWritten() {
    byte[] bytes = random(70_144, 1);
    assertThat(write(512 * 7, bytes)).isZero();
    assertThat(read(512 * 7, bytes.length)).isEqualTo(bytes);
    assertThat(read(0, 512 * 7)).containsOnly(1);
    assertThat(read(512 * 7 + bytes.length, 512)).containsOnly(1);
  }

  @Test
  void largeRequestsArriveWhole() {
    byte[] bytes = random(3 << 20, 2);
    assertThat(write(SIZE - bytes.length, bytes)).isZero();
    assertThat(read(SIZE - bytes.length, bytes.length)).isEqualTo(bytes);
  }

  @Test
  void memoryMayLieAnywhereOrHaveNoAddress() {
    for (int misalignment : new int[] {0, 1, 4, 512, 1000}) {
      for (boolean mappable : new boolean[] {true, false}) {
        byte[] bytes = random(300_032, misalignment);
        BufferRequest write = buffer(bytes.length, misalignment, mappable);
        write.data.put(0, bytes);
        write.prepare(Op.WRITE, 1024, bytes.length);
        assertThat(run(write)).isZero();
        BufferRequest read = buffer(bytes.length, misalignment, mappable);
        read.prepare(Op.READ, 1024, bytes.length);
        assertThat(run(read)).isZero();
        byte[] got = new byte[bytes.length];
        read.data.get(0, got);
        assertThat(got).isEqualTo(bytes);
      }
    }
  }

  @Test
  void manyRequestsInFlightAllFinish() {
    List<BufferRequest> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      BufferRequest write = buffer(8192, 0, i % 3 != 0);
      for (int at = 0; at < 8192; at++) {
        write.data.put(at, (byte) i);
      }
      write.prepare(Op.WRITE, i * 8192L, 8192);
      start(write);
      all.add(write);
    }
    finish(all.toArray(BufferRequest[]::new));
    assertThat(all).allMatch(request -> request.outcome == 0);
    for (int i = 0; i < 200; i++) {
      assertThat(read(i * 8192L, 8192)).containsOnly(i);
    }
  }

  @Test
  void durableWritesAndFlushesFinish() throws IOException {
    BufferRequest write = buffer(4096, 0, true);
    write.prepare(Op.WRITE, 0, 4096);
    write.durable(true);
    assertThat(run(write)).isZero();
    BufferRequest flush = buffer(1, 0, true);
    flush.prepare(Op.FLUSH, 0, 0);
    assertThat(run(flush)).isZero();
    image.sync();
    assertThat(read(0, 4096)).containsOnly(0);
  }

  @Test
  void zeroesReadAsZeroes() {
    for (boolean unmap : new boolean[] {true, false}) {
      for (boolean durable : new boolean[] {true, false}) {
        byte[] bytes = random(SIZE / 2, 3);
        assertThat(write(0, bytes)).isZero();
        int from = 512 * 3;
        int length = SIZE / 2 - 512 * 9;
        assertThat(zero(from, length, unmap, durable)).isZero();
        Arrays.fill(bytes, from, from + length, (byte) 0);
        assertThat(read(0, bytes.length)).isEqualTo(bytes);
      }
    }
    assertThat(zero(0, 0, true, true)).isZero();
  }

  @Test
  void discardTouchesNothingElse() {
    BufferRequest discard = buffer(1, 0, true);
    discard.prepare(Op.DISCARD, 4096, 65536);
    assertThat(run(discard)).isZero();
    assertThat(read(0, 4096)).containsOnly(1);
    assertThat(read(4096 + 65536, 4096)).containsOnly(1);
    assertThat(write(4096, random(65536, 4))).isZero();
    assertThat(read(4096, 65536)).isEqualTo(random(65536, 4));
  }

  @Test
  void growsAndNeverShrinks() throws IOException {
    image.resize(2L * SIZE);
    assertThat(image.size()).isEqualTo(2L * SIZE);
    assertThat(read(SIZE, SIZE)).containsOnly(0);
    assertThat(write(2L * SIZE - 512, random(512, 5))).isZero();
    assertThat(read(2L * SIZE - 512, 512)).isEqualTo(random(512, 5));
    image.resize(2L * SIZE);
    assertThatThrownBy(() -> image.resize(SIZE)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> image.resize(3L * SIZE + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void memoryThatGoesAwayBreaksOneRequest() {
    BufferRequest gone = buffer(1, 0, false);
    gone.prepare(Op.WRITE, 0, 1 << 20); // Copying out of one byte throws.
    loop.execute(
        () -> {
          try {
            int outcome = channel.submit(gone);
            gone.outcome = outcome == ImageChannel.PENDING ? gone.outcome : outcome;
          } catch (IndexOutOfBoundsException e) {
            gone.broken = e;
          }
        });
    finish(gone);
    assertThat(gone.broken).isInstanceOf(IndexOutOfBoundsException.class);
    memoryMayLieAnywhereOrHaveNoAddress();
  }

  @Test
  void contentIsThereAfterItWasClosed() throws IOException {
    assertThat(write(8192, random(4096, 6))).isZero();
    image.sync();
    image.close();
    image = reopen(folder);
    channel = image.open(loop);
    assertThat(image.readOnly()).isTrue();
    assertThat(read(8192, 4096)).isEqualTo(random(4096, 6));
    image.sync();
    assertThatThrownBy(() -> image.resize(2L * SIZE)).isInstanceOf(IllegalArgumentException.class);
  }
}
