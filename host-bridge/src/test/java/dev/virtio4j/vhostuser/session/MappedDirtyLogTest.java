package dev.virtio4j.vhostuser.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.OpenFlags;
import dev.virtio4j.vhostuser.protocol.LogDescription;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class MappedDirtyLogTest {
  private static final long PAGE = 4096;

  @TempDir Path folder;

  @Test
  void aLogThatHasLostItsEndHasShrunkWhereverItBeginsInItsFile() {
    try (Fd file = Fd.open(folder.resolve("log"), OpenFlags.O_RDWR | OpenFlags.O_CREAT)) {
      Libc.check(Libc.ftruncate(file.value(), 4 * PAGE), "ftruncate");
      MappedDirtyLog log = MappedDirtyLog.map(new LogDescription(2 * PAGE, PAGE), file.duplicate());
      assertThat(log.shrunk()).isFalse();
      // Past the log, its end, and all of it.
      for (long length : new long[] {3 * PAGE, 3 * PAGE - 1, 2 * PAGE}) {
        Libc.check(Libc.ftruncate(file.value(), length), "ftruncate");
        assertThat(log.shrunk()).as("%d bytes", length).isEqualTo(length < 3 * PAGE);
      }
      log.close();
    }
  }
}
