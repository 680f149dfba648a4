package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestMemoryFolderTest {
  @TempDir Path folder;

  @Test
  void theFirstFolderWithRoomIsTaken() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    assertThat(GuestMemoryFolder.choose(1 << 20, List.of(folder, other), "")).isEqualTo(folder);
  }

  @Test
  void aFolderThatForbidsExecutionIsPassedOver() throws IOException {
    Path noexec = Files.createDirectories(folder.resolve("mnt/inner"));
    Path other = Files.createDirectory(folder.resolve("other"));
    String mounts =
        "disk / ext4 rw 0 0\nshm " + folder.resolve("mnt") + " tmpfs rw,nosuid,noexec 0 0\n";
    assertThat(GuestMemoryFolder.choose(1 << 20, List.of(noexec, other), mounts)).isEqualTo(other);
  }

  @Test
  void whereNothingHasRoomTheMessageSaysWhatWasTried() {
    assertThatThrownBy(
            () -> GuestMemoryFolder.choose(1L << 60, List.of(folder, folder.resolve("absent")), ""))
        .isInstanceOf(GuestUnavailableException.class)
        .hasMessageContaining(folder + " has ")
        .hasMessageContaining("absent cannot be written to")
        .hasMessageContaining("TMPDIR");
  }
}
