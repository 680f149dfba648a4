package dev.virtio4j.blk.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.blk.io.ImageLock;
import dev.virtio4j.testing.HostNeeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may have an image open at once, of our kind and QEMU's. */
class ImageLockTest {
  private static final RawImage.Options WRITE = RawImage.Options.DEFAULT;
  private static final RawImage.Options READ =
      new RawImage.Options(true, false, Engine.AUTO, LockMode.AUTO);

  private static final Duration PATIENCE = Duration.ofMillis(200);

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void file() throws IOException {
    file = Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
  }

  private RawImage open(RawImage.Options options) throws IOException {
    return RawImage.open(file, options, PATIENCE);
  }

  @Test
  void secondWriterIsRefused() throws IOException {
    try (RawImage first = open(WRITE)) {
      assertThatThrownBy(() -> open(WRITE))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in use")
          .hasMessageContaining(file.toString());
      assertThat(first.size()).isEqualTo(1 << 20);
    }
    open(WRITE).close();
  }

  @Test
  void readerBesideAWriterIsRefusedBothWays() throws IOException {
    try (RawImage writer = open(WRITE)) {
      assertThatThrownBy(() -> open(READ)).hasMessageContaining("in use");
      assertThat(writer.readOnly()).isFalse();
    }
    try (RawImage reader = open(READ)) {
      assertThatThrownBy(() -> open(WRITE)).hasMessageContaining("in use");
      assertThat(reader.readOnly()).isTrue();
    }
  }

  @Test
  void readersShare() throws IOException {
    try (RawImage first = open(READ);
        RawImage second = open(READ)) {
      assertThat(first.size()).isEqualTo(second.size());
    }
  }

  @Test
  void imageWhoseUserEndsInTimeIsOpenedAndTheWaitIsToldOf() throws IOException {
    RawImage first = open(WRITE);
    List<String> told = new ArrayList<>();
    Handler closer =
        new Handler() {
          @Override
          public void publish(LogRecord logged) {
            told.add(MessageFormat.format(logged.getMessage(), logged.getParameters()));
            first.close();
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(ImageLock.class.getName());
    logger.addHandler(closer);
    try {
      RawImage.open(file, WRITE, Duration.ofSeconds(30)).close();
    } finally {
      logger.removeHandler(closer);
      first.close();
    }
    assertThat(told)
        .containsExactly("image " + file + " is in use: waiting up to 30 s for its locks");
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void whatIsNeitherAFileNorABlockDeviceIsRefusedAtOnce(Engine engine) throws Exception {
    Path fifo = folder.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    for (Path other : List.of(fifo, folder, Path.of("/dev/zero"))) {
      for (boolean readOnly : new boolean[] {false, true}) {
        for (LockMode locking : LockMode.values()) {
          RawImage.Options options = new RawImage.Options(readOnly, false, engine, locking);
          assertThatThrownBy(() -> RawImage.open(other, options))
              .isInstanceOf(IOException.class)
              .hasMessage(
                  "image %s cannot be opened: it is neither a file nor a block device", other);
        }
      }
    }
  }

  @Test
  void imageThatIsNotThereIsRefusedWithAReason() {
    assertThatThrownBy(() -> RawImage.open(folder.resolve("none"), WRITE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no such file");
  }

  @Test
  void everyEngineLocks() throws IOException {
    for (Engine engine : Engine.values()) {
      try (RawImage first = open(new RawImage.Options(false, false, engine, LockMode.ON))) {
        assertThatThrownBy(() -> open(WRITE)).hasMessageContaining("in use");
        assertThat(first.engine()).isNotEqualTo(Engine.AUTO);
      }
    }
  }

  @Test
  void withoutLockingNobodyIsRefused() throws IOException {
    RawImage.Options off = new RawImage.Options(false, false, Engine.AUTO, LockMode.OFF);
    try (RawImage first = open(WRITE);
        RawImage second = open(off)) {
      assertThat(first.size()).isEqualTo(second.size());
    }
  }

  @Test
  void qemuIsRefusedWhileWeWrite() throws Exception {
    try (RawImage writer = open(WRITE)) {
      assertThat(writer.size()).isPositive();
      Run run = qemu("qemu-io", "-f", "raw", "-c", "write 0 512", file.toString());
      assertThat(run.output).contains("lock");
      assertThat(qemu("qemu-img", "resize", "-f", "raw", file.toString(), "2M").output)
          .contains("lock");
      // Who says that he does not care may look.
      assertThat(qemu("qemu-img", "info", "-U", file.toString()).status).isZero();
    }
    assertThat(qemu("qemu-io", "-f", "raw", "-c", "write 0 512", file.toString()).status).isZero();
  }

  @Test
  void qemuMayReadWhileWeRead() throws Exception {
    try (RawImage reader = open(READ)) {
      assertThat(reader.size()).isPositive();
      assertThat(qemu("qemu-io", "-r", "-f", "raw", "-c", "read 0 512", file.toString()).status)
          .isZero();
      assertThat(qemu("qemu-io", "-f", "raw", "-c", "write 0 512", file.toString()).output)
          .contains("lock");
    }
  }

  @Test
  void weAreRefusedWhileQemuWrites() throws Exception {
    HostNeeds.program("qemu-io");
    Process qemu =
        new ProcessBuilder("qemu-io", "-f", "raw", file.toString())
            .redirectErrorStream(true)
            .start();
    try {
      // It prompts once the image is open, and waits for a command.
      qemu.getOutputStream()
          .write("read 0 512\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
      qemu.getOutputStream().flush();
      byte[] some = new byte[64];
      assertThat(qemu.getInputStream().read(some)).isPositive();
      String said = new String(some, java.nio.charset.StandardCharsets.UTF_8);
      assertThatThrownBy(() -> open(WRITE)).as(said).hasMessageContaining("in use");
      assertThatThrownBy(() -> open(READ)).hasMessageContaining("write");
    } finally {
      qemu.getOutputStream().close();
      assertThat(qemu.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
    open(WRITE).close();
  }

  private record Run(int status, String output) {}

  private static Run qemu(String... command) throws Exception {
    HostNeeds.program(command[0]);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return new Run(process.exitValue(), output);
  }
}
