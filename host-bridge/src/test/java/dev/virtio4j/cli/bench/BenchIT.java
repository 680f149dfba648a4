package dev.virtio4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtio4j.cli.InstalledLauncher;
import dev.virtio4j.cli.serve.ServeProcess;
import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(value = OS.LINUX, disabledReason = "vhost-user needs Linux")
class BenchIT {
  private static final int SIZE = 4 << 20;

  @TempDir private Path folder;
  private Path image;
  private Path socket;

  @BeforeEach
  void makeImage() throws IOException {
    socket = folder.resolve("a.sock");
    image = folder.resolve("disk.img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(SIZE);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--rw randread --irq --event-idx",
        "--rw randwrite --packed --qd 8 --flush-every 16",
        "--rw randrw --bs 16k --indirect --queues 2 --verify",
        "--rw read --bs 64k --span 1M --inflight",
        "--rw write --dirty-log --ring 64 --qd 4 --seed 7",
      })
  void eachKindOfLoadIsMeasured(String flags) throws Exception {
    try (ServeProcess server = serve()) {
      String load = flags + " --secs 0.2 --warmup 0.1";
      JsonNode figures = new ObjectMapper().readTree(bench(0, load + " --json"));
      assertThat(figures.isObject()).isTrue();
      assertThat(figures.path("iops").doubleValue()).as(figures.toString()).isPositive();
      assertThat(figures.path("errors").longValue()).isZero();
      assertThat(bench(0, load)).contains("IOPS");
      assertThat(server.errors()).isEmpty();
    }
  }

  @Test
  void dataThatIsWrongIsFoundAndTheStatusSaysSo() throws Exception {
    try (ServeProcess server = serve()) {
      assertThat(bench(0, "--rw verify --seed 5")).isNotEmpty();
      assertThat(bench(0, "--rw read --verify --seed 5 --secs 0.2")).isNotEmpty();
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.seek(SIZE / 2);
        int old = file.read();
        file.seek(SIZE / 2);
        file.write(~old);
      }
      JsonNode figures =
          new ObjectMapper().readTree(bench(4, "--rw read --verify --seed 5 --secs 0.5 --json"));
      assertThat(figures.path("bad").longValue()).as(figures.toString()).isPositive();
      assertThat(server.errors()).isEmpty();
    }
  }

  @Test
  void thisServerIsComparedWithQemus() throws Exception {
    Requires.program("qemu-storage-daemon");
    String launcher = InstalledLauncher.in(folder).toString();
    List<String> command =
        List.of(
            launcher,
            "bench",
            "compare",
            "--virtio",
            launcher,
            "--pairs",
            "1",
            "--secs",
            "0.1",
            "--size",
            "16M",
            "--dir",
            Files.createDirectory(folder.resolve("images")).toString(),
            "--only",
            "4k randread QD32, polling");
    try (ServeProcess compare = ServeProcess.run(folder, command)) {
      assertThat(compare.exitStatus()).as(compare.errors()).isZero();
      assertThat(compare.rest()).contains("4k randread QD32, polling", "2.5");
    }
    try (Stream<Path> left = Files.list(folder.resolve("images"))) {
      assertThat(left).isEmpty();
    }
  }

  private ServeProcess serve() throws Exception {
    ServeProcess server =
        ServeProcess.start(folder, "serve", "blk,queues=2,socket=" + socket + ",image=" + image);
    assertThat(server.line()).as(server.errors()).startsWith("listening");
    return server;
  }

  private String bench(int status, String flags) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("bench", "blk", "--socket", socket.toString()));
    arguments.addAll(List.of(flags.split(" ")));
    try (ServeProcess bench = ServeProcess.start(folder, arguments.toArray(String[]::new))) {
      assertThat(bench.exitStatus()).as(flags + ": " + bench.errors()).isEqualTo(status);
      return bench.rest();
    }
  }
}
