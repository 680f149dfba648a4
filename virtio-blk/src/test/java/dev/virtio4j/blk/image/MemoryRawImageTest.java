package dev.virtio4j.blk.image;

import dev.virtio4j.testing.HostNeeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;

/** On tmpfs, which has neither RWF_NOWAIT nor zero ranges. */
class MemoryRawImageTest extends DiskImageContract {
  private Path inMemory;

  @Override
  DiskImage open(Path folder) throws IOException {
    Path memory = Path.of("/dev/shm");
    HostNeeds.that(Files.isWritable(memory), memory + " cannot be written.");
    inMemory = Files.createTempDirectory(memory, "virtio4j");
    return RawImages.open(inMemory, Engine.AUTO, false, 1);
  }

  @Override
  DiskImage reopen(Path folder) throws IOException {
    return RawImages.reopen(inMemory, Engine.AUTO, false, 1);
  }

  @AfterEach
  void remove() throws IOException {
    if (inMemory != null) {
      Files.deleteIfExists(inMemory.resolve("disk.img"));
      Files.delete(inMemory);
    }
  }
}
