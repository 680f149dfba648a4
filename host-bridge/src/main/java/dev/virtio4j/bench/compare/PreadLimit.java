package dev.virtio4j.bench.compare;

import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.OpenFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * The limit: a loop of pread on one file and one thread. In C where there is a compiler, else in
 * Java, which the report then says.
 */
final class PreadLimit {
  private final Path program;

  private PreadLimit(Path program) {
    this.program = program;
  }

  /**
   * Compiles it.
   *
   * @param source the C file; null or absent for the loop in Java
   * @param folder where the program goes
   */
  static PreadLimit prepare(Path source, Path folder) throws IOException, InterruptedException {
    if (source == null || !Files.isReadable(source)) {
      return new PreadLimit(null);
    }
    Path program = folder.resolve("pread-loop");
    try {
      String[] compile = {"gcc", "-O2", "-o", program.toString(), source.toString()};
      Process compiler = new ProcessBuilder(compile).redirectErrorStream(true).start();
      String said = read(compiler);
      if (compiler.waitFor() != 0) {
        throw new CliException(ExitCode.FAILED, "gcc does not compile " + source + ":\n" + said);
      }
    } catch (IOException noCompiler) {
      return new PreadLimit(null);
    }
    return new PreadLimit(program);
  }

  String label() {
    return program == null
        ? "a loop of pread in Java, as there is no gcc here"
        : "a C loop of pread";
  }

  /** Reads a second. */
  double measure(Path file, int blockSize, double seconds)
      throws IOException, InterruptedException {
    return program == null
        ? inJava(file, blockSize, seconds)
        : inC(List.of(program.toString(), file.toString(), "" + blockSize, "" + seconds));
  }

  private static double inC(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = read(process).strip();
    if (process.waitFor() != 0) {
      throw new CliException(ExitCode.FAILED, said);
    }
    return Double.parseDouble(said);
  }

  private static String read(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static double inJava(Path file, int blockSize, double seconds) throws IOException {
    long blocks = Files.size(file) / blockSize;
    SplittableRandom random = new SplittableRandom(1);
    ByteBuffer buffer = NativeMemory.allocate(blockSize, 4096);
    long address = NativeMemory.address(buffer);
    try (Fd fd = Fd.open(file, OpenFlags.O_RDONLY)) {
      long start = System.nanoTime();
      long end = start + (long) (seconds * 1e9);
      long done = 0;
      long now;
      do {
        for (int i = 0; i < 256; i++) {
          long at = random.nextLong(blocks) * blockSize;
          if (Libc.pread(fd.value(), address, blockSize, at) != blockSize) {
            throw new CliException(
                ExitCode.FAILED, String.format(Locale.ROOT, "%s: short read at %d", file, at));
          }
        }
        done += 256;
        now = System.nanoTime();
      } while (now < end);
      return done / ((now - start) / 1e9);
    }
  }
}
