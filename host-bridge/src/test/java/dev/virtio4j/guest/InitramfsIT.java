package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitramfsIT {
  @TempDir Path folder;

  @Test
  void theSamePartsGiveTheSameBytes() throws IOException {
    GuestParts parts = Requires.uml();
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    for (Path file : List.of(first, second)) {
      Initramfs.builder(parts.userland())
          .modules(parts.uml().modules(), List.of("virtio_blk"))
          .build()
          .writeTo(file);
    }
    assertThat(first).hasSameBinaryContentAs(second);
  }
}
