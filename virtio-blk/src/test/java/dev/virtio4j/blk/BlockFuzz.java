package dev.virtio4j.blk;

import dev.virtio4j.testing.Fuzz;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Guests whose requests are changed at random, against a model of the disk. */
@EnabledOnOs(OS.LINUX)
abstract class BlockFuzz {
  @TempDir Path folder;

  private final long mutations;

  BlockFuzz(long mutations) {
    this.mutations = mutations;
  }

  @Test
  void everyRequestIsAnsweredAsTheModelSaysAndChangesNothingElse() {
    Fuzz.run(
        "BlockFuzzTest",
        "",
        mutations,
        random -> {
          try (BlockFuzzGuest guest = new BlockFuzzGuest(random, folder)) {
            return guest.run();
          }
        });
  }
}
