package dev.virtio4j.blk.image;

import java.io.IOException;
import java.nio.file.Path;

class LargeBlockRawImageTest extends DiskImageContract {
  @Override
  DiskImage open(Path folder) throws IOException {
    return RawImages.open(folder, Engine.AUTO, true, 4096);
  }

  @Override
  DiskImage reopen(Path folder) throws IOException {
    return RawImages.reopen(folder, Engine.AUTO, true, 4096);
  }
}
