package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.guest.GuestUnavailableException.Lack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestPartsTest {
  @TempDir Path folder;

  private GuestParts parts(Map<String, String> environment) {
    return new GuestParts(new GuestCache(folder.resolve("cache")), environment, FetchProgress.NONE);
  }

  @Test
  void namedPartsAreTakenAndNothingIsFetched() throws IOException {
    Path uml = Files.createFile(folder.resolve("linux.uml"));
    Path busybox = Files.createFile(folder.resolve("busybox"));
    GuestParts parts =
        parts(Map.of("VIRTIO4J_UML", uml.toString(), "VIRTIO4J_BUSYBOX", busybox.toString()));
    assertThat(parts.uml().image()).isEqualTo(uml);
    assertThat(parts.uml().modules().load(List.of("virtio_blk"))).isEmpty();
    assertThat(parts.userland().busybox()).isEqualTo(busybox);
    assertThat(folder.resolve("cache")).doesNotExist();
  }

  @Test
  void modulesBesideANamedKernelAreFound() throws IOException {
    Path uml = Files.createDirectories(folder.resolve("usr/bin")).resolve("linux.uml");
    Files.createFile(uml);
    Path modules = Files.createDirectories(folder.resolve("usr/lib/uml/modules/6.1"));
    Files.write(modules.resolve("virtio_blk.ko"), TestElf.module());
    GuestParts.Kernel kernel = parts(Map.of("VIRTIO4J_UML", uml.toString())).uml();
    assertThat(kernel.modules().load(List.of("virtio_blk"))).containsKey("virtio_blk");
  }

  @Test
  void aNamedPartThatIsNotThereIsAnErrorThatNamesTheVariable() {
    assertThatThrownBy(() -> parts(Map.of("VIRTIO4J_UML", "/absent")).uml())
        .isInstanceOfSatisfying(
            GuestUnavailableException.class, e -> assertThat(e.lack()).isEqualTo(Lack.PROGRAM))
        .hasMessageContaining("VIRTIO4J_UML names /absent");
  }
}
