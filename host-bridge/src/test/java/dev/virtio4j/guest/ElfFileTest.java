package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ElfFileTest {
  @Test
  void neededLibrariesAndTheLoaderAreRead() {
    ByteBuffer dynamic = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
    dynamic.putLong(1).putLong(0).putLong(5).putLong(0x1234).putLong(1).putLong(8);
    byte[] file =
        TestElf.of(
            Map.of(
                ".dynamic", dynamic.array(),
                ".dynstr", "liba.so\0libc.so.6\0".getBytes(StandardCharsets.UTF_8),
                ".interp", "/lib64/ld.so\0".getBytes(StandardCharsets.UTF_8)));
    ElfFile elf = ElfFile.parse(file).orElseThrow();
    assertThat(elf.needed()).containsExactly("liba.so", "libc.so.6");
    assertThat(elf.interpreter()).contains("/lib64/ld.so");
  }

  @Test
  void aScriptIsNoElfFile() {
    assertThat(ElfFile.parse("#!/bin/sh\n".repeat(20).getBytes(StandardCharsets.UTF_8))).isEmpty();
  }

  @Test
  void damagedFilesAreReadOrRefusedButNeverThrow() {
    long seed = 20260801;
    Random random = new Random(seed);
    byte[] good = TestElf.module("virtio", "virtio_ring");
    for (int i = 0; i < 20_000; i++) {
      byte[] bad = Arrays.copyOf(good, random.nextInt(good.length) + 1);
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      assertThat(ElfFile.parse(bad).map(ElfFile::moduleInfo))
          .as("seed %d, round %d", seed, i)
          .satisfiesAnyOf(none -> assertThat(none).isEmpty(), some -> assertThat(some).isPresent());
    }
  }
}
