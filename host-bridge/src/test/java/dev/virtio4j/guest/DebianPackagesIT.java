package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.guest.GuestUnavailableException.Lack;
import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebianPackagesIT {
  @TempDir Path folder;

  @Test
  void aPackageIsFetchedWithAPrivateStateAndUnpacked() throws IOException {
    List<String> heard = new ArrayList<>();
    DebianPackages packages =
        new DebianPackages(
            new GuestCache(folder),
            PackageSource.MACHINE,
            (what, done, total) -> {
              synchronized (heard) {
                heard.add(what + " " + done + "/" + total);
              }
            });
    Path tree =
        Requires.available(() -> packages.unpacked("busybox", p -> List.of("busybox-static")));
    assertThat(List.of(tree.resolve("bin/busybox"), tree.resolve("usr/bin/busybox")))
        .anySatisfy(file -> assertThat(file).isExecutable());
    synchronized (heard) {
      assertThat(heard)
          .anyMatch(line -> line.matches("downloading busybox-static ([1-9][0-9]*)/\\1"));
    }
    // A second time it is there, whoever asks.
    assertThat(packages.unpacked("busybox", p -> List.of("not-looked-for"))).isEqualTo(tree);
    assertThat(packages.closure(List.of("e2fsprogs"), name -> name.startsWith("lib")))
        .contains("e2fsprogs", "libc6");
    assertThatThrownBy(() -> packages.unpacked("no", p -> List.of("no-such-package-here")))
        .isInstanceOfSatisfying(
            GuestUnavailableException.class, e -> assertThat(e.lack()).isEqualTo(Lack.PACKAGE))
        .hasMessageContaining("no-such-package-here");
  }

  @Test
  void aRegistryThatIsNotReachedIsToldAsSuch() throws IOException {
    Requires.program("apt-get");
    PackageSource nowhere =
        new PackageSource(
            "nowhere",
            "Types: deb\nURIs: http://127.0.0.1:9/debian\nSuites: stable\nComponents: main\n",
            "");
    DebianPackages packages =
        new DebianPackages(new GuestCache(folder), nowhere, FetchProgress.NONE);
    assertThatThrownBy(() -> packages.unpacked("x", p -> List.of("busybox-static")))
        .isInstanceOfSatisfying(
            GuestUnavailableException.class, e -> assertThat(e.lack()).isEqualTo(Lack.NETWORK))
        .hasMessageContaining("not reached")
        .hasMessageContaining("VIRTIO4J_UML");
  }
}
