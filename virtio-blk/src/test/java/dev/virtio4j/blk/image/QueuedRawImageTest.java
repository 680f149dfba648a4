package dev.virtio4j.blk.image;

import java.io.IOException;
import java.nio.file.Path;

class QueuedRawImageTest extends DiskImageContract {
  @Override
  DiskImage open(Path folder) throws IOException {
    return RawImages.open(folder, Engine.IO_URING, false, 1);
  }

  @Override
  DiskImage reopen(Path folder) throws IOException {
    return RawImages.reopen(folder, Engine.IO_URING, false, 1);
  }
}
