package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class GuestFolderTest {
  @Test
  void nothingIsLeftWhereAGuestCannotBeStarted() {
    AtomicReference<Path> made = new AtomicReference<>();
    assertThatThrownBy(
            () ->
                GuestFolder.start(
                    "v4j-test-",
                    folder -> {
                      made.set(folder);
                      Files.writeString(folder.resolve("initrd.gz"), "half of it");
                      throw new IOException("No space left on device");
                    }))
        .hasMessage("No space left on device");
    assertThat(made.get()).isNotNull().doesNotExist();
  }
}
