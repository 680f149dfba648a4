package dev.virtio4j.blk.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.blk.image.ImageRequest.Op;
import dev.virtio4j.posix.Errno;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An image that is a block device of the host. */
class BlockDeviceRawImageTest extends DiskImageContract {
  private Path file;
  private LoopDevice loopDevice;

  boolean direct() {
    return false;
  }

  private RawImage.Options options(boolean readOnly) {
    return new RawImage.Options(readOnly, direct(), Engine.AUTO, LockMode.ON);
  }

  @Override
  DiskImage open(Path folder) throws IOException {
    byte[] ones = new byte[SIZE];
    Arrays.fill(ones, (byte) 1);
    file = Files.write(folder.resolve("backing.img"), ones);
    loopDevice = LoopDevice.over(file);
    return RawImage.open(loopDevice.device, options(false));
  }

  @Override
  DiskImage reopen(Path folder) throws IOException {
    return RawImage.open(loopDevice.device, options(true));
  }

  @AfterEach
  void detach() throws IOException {
    if (loopDevice != null) {
      image.close(); // A device that is open is not let go of.
      loopDevice.close();
    }
  }

  @Override
  @Test
  void growsAndNeverShrinks() throws IOException {
    assertThatThrownBy(() -> image.resize(2L * SIZE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("grow it first");
    try (RandomAccessFile backing = new RandomAccessFile(file.toFile(), "rw")) {
      backing.setLength(2L * SIZE);
    }
    loopDevice.resized();
    image.resize(2L * SIZE);
    assertThat(image.size()).isEqualTo(2L * SIZE);
    assertThat(write(2L * SIZE - 4096, random(4096, 5))).isZero();
    assertThat(read(2L * SIZE - 4096, 4096)).isEqualTo(random(4096, 5));
    assertThatThrownBy(() -> image.resize(SIZE)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void discardGivesStorageBack() throws IOException {
    BufferRequest discard = buffer(1, 0, true);
    discard.prepare(Op.DISCARD, 0, SIZE / 2);
    assertThat(run(discard)).isZero();
    assertThat(read(0, SIZE / 2)).containsOnly(0);
    assertThat(read(SIZE / 2, SIZE / 2)).containsOnly(1);
  }

  @Test
  void secondWriterIsRefused() {
    assertThatThrownBy(
            () -> RawImage.open(loopDevice.device, options(false), java.time.Duration.ZERO))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("in use");
  }

  @Test
  void storageThatFailsFailsTheRequestAlone() throws IOException {
    try (RandomAccessFile backing = new RandomAccessFile(file.toFile(), "rw")) {
      backing.setLength(SIZE / 2);
    }
    BufferRequest lost = buffer(4096, 0, true);
    lost.prepare(Op.READ, SIZE - 4096, 4096);
    assertThat(run(lost)).isEqualTo(-Errno.EIO);
    assertThat(read(4096, 4096)).containsOnly(1);
  }
}
