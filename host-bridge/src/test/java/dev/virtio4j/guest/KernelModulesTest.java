package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelModulesTest {
  @TempDir Path folder;

  private void module(String name, String... dependencies) throws IOException {
    Path file = folder.resolve("kernel").resolve(name + ".ko");
    Files.createDirectories(file.getParent());
    Files.write(file, TestElf.module(dependencies));
  }

  @Test
  void eachModuleComesAfterThoseItDependsOn() throws IOException {
    module("virtio_pci", "virtio", "virtio_ring", "virtio_pci_modern_dev");
    module("virtio_pci_modern_dev");
    module("virtio_ring");
    module("virtio", "virtio_ring");
    module("virtio_blk", "virtio", "virtio_ring");
    assertThat(KernelModules.in(folder).load(List.of("virtio_pci", "virtio_blk")).keySet())
        .containsExactly(
            "virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk");
  }

  @Test
  void dashesAndUnderscoresAreOne() throws IOException {
    module("virtio-rng", "rng-core");
    module("rng_core");
    assertThat(KernelModules.in(folder).load(List.of("virtio_rng")).keySet())
        .containsExactly("rng_core", "virtio_rng");
  }

  @Test
  void whatTheKernelHasBuiltInIsLeftOut() throws IOException {
    module("virtio_blk", "virtio");
    Files.writeString(folder.resolve("modules.builtin"), "kernel/drivers/virtio/virtio.ko\n");
    assertThat(KernelModules.in(folder).load(List.of("virtio_blk")).keySet())
        .containsExactly("virtio_blk");
  }

  @Test
  void aCompressedModuleIsUnpacked() throws IOException {
    byte[] content = TestElf.module();
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("a.ko.gz")))) {
      out.write(content);
    }
    assertThat(KernelModules.in(folder).load(List.of("a")).get("a")).isEqualTo(content);
  }

  @Test
  void aMissingModuleIsNamedWithTheOneThatNeedsIt() throws IOException {
    module("virtio_net", "net_failover");
    KernelModules modules = KernelModules.in(folder);
    assertThatThrownBy(() -> modules.load(List.of("virtio_net")))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("no module net_failover")
        .hasMessageContaining("virtio_net");
  }

  @Test
  void aCircleIsRefused() throws IOException {
    module("a", "b");
    module("b", "a");
    KernelModules modules = KernelModules.in(folder);
    assertThatThrownBy(() -> modules.load(List.of("a"))).isInstanceOf(GuestException.class);
  }
}
