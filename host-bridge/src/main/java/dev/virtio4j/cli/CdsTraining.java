package dev.virtio4j.cli;

import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.serve.ServeArguments;
import dev.virtio4j.cli.serve.Serving;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Serves a disk for a moment, so that the launcher's class data archive has what that loads. */
final class CdsTraining {
  /** The one argument. */
  static final String OPTION = "--cds-training";

  private static final long SIZE = 1 << 20;

  private CdsTraining() {}

  static int run(CliContext context) {
    try {
      Path folder = Files.createTempDirectory("virtio-cds");
      Path image = folder.resolve("disk.img");
      try {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
          file.setLength(SIZE);
        }
        String spec = "blk,socket=" + folder.resolve("a.sock") + ",image=" + image;
        String control = folder.resolve("c.sock").toString();
        new Serving(context, ServeArguments.plain(List.of("--control", control, spec)))
            .runBriefly();
        return ExitCode.DONE;
      } finally {
        Files.deleteIfExists(image);
        Files.deleteIfExists(folder);
      }
    } catch (IOException failed) {
      context.err().println("virtio: no training: " + failed.getMessage());
      return ExitCode.FAILED;
    }
  }
}
