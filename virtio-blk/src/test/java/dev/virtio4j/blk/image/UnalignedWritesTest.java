package dev.virtio4j.blk.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.image.ImageRequest.Op;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Direct I/O on blocks of 4096 bytes, with requests of single sectors among whole blocks. */
class UnalignedWritesTest extends DiskImageContract {
  @Override
  DiskImage open(Path folder) throws IOException {
    return RawImages.open(folder, Engine.AUTO, true, 4096);
  }

  @Override
  DiskImage reopen(Path folder) throws IOException {
    return RawImages.reopen(folder, Engine.AUTO, true, 4096);
  }

  @Test
  void blockSizeIsTold() {
    assertThat(image.traits().logicalBlock()).isEqualTo(4096);
  }

  @Test
  void sectorsOfOneBlockAreWrittenAtOnceWithoutLosingAny() {
    Random random = new Random(7);
    for (int round = 0; round < 50; round++) {
      List<BufferRequest> all = new ArrayList<>();
      int block = random.nextInt(100);
      for (int sector = 0; sector < 8; sector++) {
        BufferRequest write = buffer(512, 0, true);
        for (int i = 0; i < 512; i++) {
          write.data.put(i, (byte) (round + sector));
        }
        write.prepare(Op.WRITE, block * 4096L + sector * 512L, 512);
        start(write);
        all.add(write);
        BufferRequest whole = buffer(4096, 0, true);
        whole.prepare(Op.WRITE, (200L + sector) * 4096, 4096);
        start(whole);
        all.add(whole);
      }
      finish(all.toArray(BufferRequest[]::new));
      for (int sector = 0; sector < 8; sector++) {
        assertThat(read(block * 4096L + sector * 512L, 512)).containsOnly(round + sector);
      }
      assertThat(read(200L * 4096, 8 * 4096)).containsOnly(0);
    }
  }
}
