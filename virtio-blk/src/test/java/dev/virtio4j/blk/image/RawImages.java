package dev.virtio4j.blk.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Opens raw images for the contract. */
final class RawImages {
  private RawImages() {}

  static RawImage open(Path folder, Engine engine, boolean direct, int alignment)
      throws IOException {
    byte[] ones = new byte[DiskImageContract.SIZE];
    Arrays.fill(ones, (byte) 1);
    Path file = Files.write(folder.resolve("disk.img"), ones);
    return RawImage.open(
        file, new RawImage.Options(false, direct, engine, LockMode.AUTO), alignment);
  }

  static RawImage reopen(Path folder, Engine engine, boolean direct, int alignment)
      throws IOException {
    return RawImage.open(
        folder.resolve("disk.img"),
        new RawImage.Options(true, direct, engine, LockMode.AUTO),
        alignment);
  }
}
