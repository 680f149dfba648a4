package dev.virtio4j.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoFilesTest {
  private static final long SIZE = 1 << 20;

  @TempDir private Path folder;
  private Path temporary;
  private Path named;

  @BeforeEach
  void makeFolders() throws IOException {
    temporary = Files.createDirectory(folder.resolve("tmp"));
    named = folder.resolve("mine.img");
  }

  @Test
  void everythingGoesAtTheEnd() {
    try (DemoFiles files = make(null, false)) {
      assertThat(files.image()).hasSize(SIZE).hasParent(files.socket().getParent());
      files.finished();
    }
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void anImageThatWasNamedStaysIfAllWentWell() {
    try (DemoFiles files = make(named, false)) {
      files.finished();
    }
    assertThat(named).hasSize(SIZE);
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void aRunThatFailedDoesNotBlockTheNextOfTheSameImage() {
    for (int run = 0; run < 2; run++) {
      try (DemoFiles files = make(named, false)) {
        assertThat(files.image()).isEqualTo(named).exists();
      }
    }
    assertThat(folder).isDirectoryNotContaining("glob:**.img");
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void anImageIsKeptWhateverHappensWhereThatIsAskedFor() {
    Path image;
    try (DemoFiles files = make(null, true)) {
      image = files.image();
    }
    assertThat(image).hasSize(SIZE);
  }

  @Test
  void theFolderThatIsNotThereIsNamed() {
    Path nowhere = folder.resolve("no/mine.img");
    assertThatThrownBy(() -> make(nowhere, false))
        .isInstanceOfSatisfying(
            CliException.class, wrong -> assertThat(wrong.exitCode()).isEqualTo(ExitCode.USAGE))
        .hasMessage(
            "--image: there is no folder %s; make it, or name a file in another one",
            nowhere.getParent());
    assertThat(temporary).isEmptyDirectory();
  }

  private DemoFiles make(Path image, boolean keep) {
    return DemoFiles.make(Map.of("TMPDIR", temporary.toString()), image, SIZE, keep);
  }
}
