package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CpioArchiveTest {
  private record Entry(String name, int mode, String content, int major, int minor) {}

  /** Reads the format by itself: fields of 8 hexadecimal digits after a magic of 6 characters. */
  private static List<Entry> read(byte[] archive) {
    String text = new String(archive, StandardCharsets.ISO_8859_1);
    List<Entry> entries = new ArrayList<>();
    int at = 0;
    while (true) {
      assertThat(at % 4).isZero();
      assertThat(text.substring(at, at + 6)).isEqualTo("070701");
      int[] field = new int[13];
      for (int i = 0; i < field.length; i++) {
        field[i] = Integer.parseUnsignedInt(text.substring(at + 6 + 8 * i, at + 14 + 8 * i), 16);
      }
      String name = text.substring(at + 110, at + 110 + field[11] - 1);
      assertThat(text.charAt(at + 110 + field[11] - 1)).isEqualTo('\0');
      int data = (at + 110 + field[11] + 3) & ~3;
      if (name.equals("TRAILER!!!")) {
        assertThat(data).isEqualTo(archive.length);
        return entries;
      }
      entries.add(
          new Entry(name, field[1], text.substring(data, data + field[6]), field[9], field[10]));
      at = (data + field[6] + 3) & ~3;
    }
  }

  private static byte[] example() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (CpioArchive archive = new CpioArchive(bytes)) {
      archive.folder("dev");
      archive.characterDevice("dev/console", 5, 1);
      archive.file("init", 0755, "#!/bin/sh\n".getBytes(StandardCharsets.UTF_8));
      archive.file("empty", 0600, new byte[0]);
      archive.link("sh", "busybox");
    }
    return bytes.toByteArray();
  }

  @Test
  void whatIsWrittenIsWhatTheFormatSays() throws IOException {
    assertThat(read(example()))
        .containsExactly(
            new Entry("dev", 0040755, "", 0, 0),
            new Entry("dev/console", 0020600, "", 5, 1),
            new Entry("init", 0100755, "#!/bin/sh\n", 0, 0),
            new Entry("empty", 0100600, "", 0, 0),
            new Entry("sh", 0120777, "busybox", 0, 0));
  }

  @Test
  void theSameEntriesGiveTheSameBytes() throws IOException {
    assertThat(example()).isEqualTo(example());
  }

  @Test
  void aFileWithoutItsFolderIsRefused() throws IOException {
    try (CpioArchive archive = new CpioArchive(new ByteArrayOutputStream())) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> archive.file("bin/sh", 0755, new byte[0]))
          .withMessageContaining("no folder for bin/sh");
    }
  }

  @Test
  void aNameIsTakenOnce() throws IOException {
    try (CpioArchive archive = new CpioArchive(new ByteArrayOutputStream())) {
      archive.folder("bin");
      assertThatIllegalArgumentException().isThrownBy(() -> archive.link("bin", "usr/bin"));
    }
  }

  @Test
  void anAbsolutePathIsRefused() throws IOException {
    try (CpioArchive archive = new CpioArchive(new ByteArrayOutputStream())) {
      assertThatIllegalArgumentException().isThrownBy(() -> archive.folder("/bin"));
    }
  }
}
