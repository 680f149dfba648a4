package dev.virtio4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtio4j.bench.BlkLoad;
import dev.virtio4j.bench.BlkLoadOptions;
import dev.virtio4j.bench.BlkLoadResult;
import dev.virtio4j.bench.Workload;
import dev.virtio4j.loop.Await;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(value = OS.LINUX, disabledReason = "vhost-user needs Linux")
class ServeIT {
  private static final long SIZE = 16 << 20;
  private static final int SIGTERM = 15;

  @TempDir private Path folder;
  private Path image;
  private Path socket;

  @BeforeEach
  void makeImage() throws IOException {
    image = image("disk.img");
    socket = folder.resolve("a.sock");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void tellsWhenItListensAndEndsInOrderOnASignal(String signal) throws Exception {
    ServeProcess.requireInterrupts();
    try (ServeProcess server = ServeProcess.start(folder, "serve", spec("disk0", socket, image))) {
      assertThat(server.line())
          .isEqualTo("listening blk disk0 socket=" + socket + " queues=1 size=" + SIZE);
      assertThat(socket).exists();
      assertThat(folder.resolve("virtio4j/" + server.pid() + ".sock")).exists();
      server.signal(signal);
      assertThat(server.exitStatus()).isZero();
      assertThat(server.errors()).isEmpty();
    }
    assertThat(socket).doesNotExist();
    assertThat(sockets()).isEmpty();
  }

  @Test
  void startsAgainAfterItWasKilled() throws Exception {
    String[] command = {
      "serve",
      "--metrics",
      "unix:" + folder.resolve("m.sock"),
      "--control",
      folder.resolve("c.sock").toString(),
      spec("disk0", socket, image)
    };
    try (ServeProcess server = ServeProcess.start(folder, command)) {
      assertThat(server.line()).startsWith("listening");
      server.signal("KILL");
      assertThat(server.exitStatus()).isEqualTo(137);
    }
    assertThat(sockets()).hasSize(3);
    try (ServeProcess server = ServeProcess.start(folder, command)) {
      assertThat(server.line()).as(server.errors()).startsWith("listening");
      server.terminate();
      assertThat(server.exitStatus()).isZero();
    }
    assertThat(sockets()).isEmpty();
  }

  @Test
  void aSecondSignalEndsItAtOnce() throws Exception {
    Path config = folder.resolve("devices.json");
    Process made = new ProcessBuilder("mkfifo", config.toString()).start();
    assertThat(made.waitFor()).isZero();
    try (ServeProcess server = ServeProcess.start(folder, "serve", "--config", config.toString())) {
      // Opens when the server reads; it then waits for the rest, and its end for its start.
      try (OutputStream unfinished = Files.newOutputStream(config)) {
        unfinished.write('{');
        unfinished.flush();
        server.terminate();
        Await.until("the next signal is the system's to handle", () -> !server.handles(SIGTERM));
        assertThat(server.isAlive()).isTrue();
        server.terminate();
        assertThat(server.exitStatus()).isEqualTo(143);
      }
    }
    assertThat(sockets()).isEmpty();
  }

  @Test
  void aSignalDuringTheStartLeavesNothing() throws Exception {
    try (ServeProcess server = ServeProcess.start(folder, "serve", spec("disk0", socket, image))) {
      server.terminate();
      // Before main there is no handler yet: then the JVM's own status, and nothing to remove.
      assertThat(server.exitStatus()).isIn(0, 143);
    }
    assertThat(sockets()).isEmpty();
  }

  @Test
  void whatADeviceLacksKeepsAllFromListening() throws Exception {
    Path second = folder.resolve("b.sock");
    try (ServeProcess server =
        ServeProcess.start(
            folder,
            "serve",
            spec("a", socket, image),
            spec("b", second, image("b.img")),
            spec("c", folder.resolve("c.sock"), folder.resolve("missing.img")))) {
      assertThat(server.line()).isNull();
      assertThat(server.exitStatus()).isEqualTo(1);
      assertThat(server.errors().lines()).hasSize(1);
      assertThat(server.errors()).contains("missing.img").doesNotContain("Exception");
    }
    assertThat(sockets()).isEmpty();
  }

  @Test
  void aSocketThatCannotBeMadeRemovesTheOthers() throws Exception {
    try (ServeProcess server =
        ServeProcess.start(
            folder,
            "serve",
            spec("a", socket, image),
            spec("b", folder.resolve("no/b.sock"), image("b.img")))) {
      assertThat(server.line()).isNull();
      assertThat(server.exitStatus()).isEqualTo(1);
      assertThat(server.errors().lines()).hasSize(1);
      assertThat(server.errors()).contains("no/b.sock").doesNotContain("Exception");
    }
    assertThat(sockets()).isEmpty();
  }

  @Test
  void aControlSocketThatCannotBeMadeRemovesTheOthers() throws Exception {
    try (ServeProcess server =
        ServeProcess.start(folder, "serve", "--control", "no/c.sock", spec("a", socket, image))) {
      assertThat(server.line()).isNull();
      assertThat(server.exitStatus()).isEqualTo(1);
      assertThat(server.errors()).contains("the control socket cannot listen on no/c.sock");
    }
    assertThat(sockets()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "serve                                   | no device to serve",
        "serve --loops 0 blk,socket=a,image=disk.img | --loops is from 1 to 256, not 0",
        "serve --loops x blk,socket=a,image=disk.img | Invalid value for option '--loops'",
        "serve --loops 1 blk,socket=a,image=disk.img,loop=x blk,socket=b,image=i | loops: 1 is too few",
        "serve --log-level loud blk,socket=a,image=disk.img | --log-level is off, error, warn, info, debug, trace, not 'loud'",
        "serve --metrics 0.0.0.0:80 blk,socket=a,image=disk.img | which this machine alone can reach",
        "serve blk,socket=a,image=disk.img,queues=x | queues",
        "serve blk,socket=a,image=disk.img,queue=4  | did you mean 'queues'?",
        "serve nic,socket=a                      | unknown device 'nic'",
        "serve --polls 3 blk,socket=a,image=disk.img | unknown option '--polls'; did you mean '--poll-us'?",
      })
  void misuseIsAnErrorOfUsage(String line, String error) throws Exception {
    try (ServeProcess server = ServeProcess.start(folder, line.strip().split(" +"))) {
      assertThat(server.line()).isNull();
      assertThat(server.exitStatus()).as(server.errors()).isEqualTo(2);
      assertThat(server.errors()).startsWith("virtio").contains(error).doesNotContain("\tat ");
    }
    assertThat(sockets()).isEmpty();
  }

  @Test
  void aConfigurationFileServesTheSame() throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("devices.json"),
            """
            {"devices": [{"device": "blk", "socket": "a.sock", "image": "disk.img", "name": "root",
                          "queues": 2, "read-only": true}],
             "loops": 2, "poll-us": 0, "control": "c.sock"}
            """);
    try (ServeProcess server = ServeProcess.start(folder, "serve", "--config", config.toString())) {
      assertThat(server.line()).isEqualTo("listening blk root socket=a.sock queues=2 size=" + SIZE);
      server.terminate();
      assertThat(server.exitStatus()).isZero();
    }
    assertThat(sockets()).isEmpty();
  }

  @Test
  void aConfigurationsErrorsAreAllTold() throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("devices.json"),
            """
            {"devices": [{"device": "blk", "socket": "a.sock", "image": "disk.img", "queue": 2},
                         {"device": "blk", "socket": 7, "image": "disk.img"}]}
            """);
    try (ServeProcess server = ServeProcess.start(folder, "serve", "--config", config.toString())) {
      assertThat(server.exitStatus()).isEqualTo(2);
      assertThat(server.errors().lines()).hasSize(2);
      assertThat(server.errors())
          .contains(config + ":1:82: $.devices[0].queue: unknown key 'queue'")
          .contains(config + ":2:42: $.devices[1].socket: must be a string, not 7");
    }
  }

  @Test
  void aConfigurationsSettingsAreToldWithTheirPlace() throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("devices.json"),
            """
            {"devices": [{"device": "blk", "socket": "a.sock", "image": "disk.img"}],
             "log-level": "loud",
             "metrics": "0.0.0.0:80",
             "control": "a\\u0000b"}
            """);
    try (ServeProcess server = ServeProcess.start(folder, "serve", "--config", config.toString())) {
      assertThat(server.exitStatus()).isEqualTo(2);
      assertThat(server.errors().lines()).hasSize(3);
      assertThat(server.errors())
          .contains(config + ":2:15: $.log-level: is off, error")
          .contains(config + ":3:13: $.metrics: is unix:PATH or 127.0.0.1:PORT")
          .contains(config + ":4:13: $.control: is no path");
    }
    assertThat(sockets()).isEmpty();
  }

  @Test
  void aStartThatFailsTellsAllErrorsAndLeavesNoImage() throws Exception {
    Path mine = image("mine.img");
    try (ServeProcess server =
        ServeProcess.start(
            folder,
            "serve",
            "blk,socket=a.sock,image=new.img,create=10G",
            "blk,socket=b.sock,image=mine.img,create=10G",
            "blk,socket=c.sock,image=c.img,create=1M,queues=x",
            "blk,socket=d.sock,image=d.img,create=many")) {
      assertThat(server.exitStatus()).isEqualTo(2);
      assertThat(server.errors().lines()).hasSize(2);
      assertThat(server.errors()).contains("queues", "create");
    }
    assertThat(folder.resolve("new.img")).doesNotExist();
    assertThat(folder.resolve("c.img")).doesNotExist();
    assertThat(mine).hasSize(SIZE);
  }

  @Test
  void aSocketThatCannotBeMadeLeavesNoImage() throws Exception {
    try (ServeProcess server =
        ServeProcess.start(folder, "serve", "blk,socket=no/a.sock,image=new.img,create=10G")) {
      assertThat(server.exitStatus()).isEqualTo(1);
    }
    assertThat(folder.resolve("new.img")).doesNotExist();
  }

  @Test
  void aRunningServerTellsItsFiguresAndGrowsItsDisk() throws Exception {
    try (ServeProcess server = ServeProcess.start(folder, "serve", spec("disk0", socket, image))) {
      assertThat(server.line()).startsWith("listening");
      BlkLoadResult load = BlkLoad.run(load(), (what, share) -> {});
      assertThat(load.errors()).isZero();
      JsonNode stats = new ObjectMapper().readTree(run("stats", "--json"));
      assertThat(stats.path("pid").longValue()).isEqualTo(server.pid());
      assertThat(sum(stats, "virtio_blk_requests_total")).isPositive();
      assertThat(sum(stats, "virtio_blk_bytes_total")).isPositive();
      assertThat(sum(stats, "virtio_queue_kicks_total")).isPositive();
      assertThat(run("stats", "--pid", Long.toString(server.pid())))
          .contains("disk0  blk socket=" + socket, "p99.9", "kicks", "interrupts");
      assertThat(run("stats", "--prometheus"))
          .contains("# TYPE virtio_blk_requests_total counter", "device=\"disk0\"");
      assertThat(run("resize", "disk0", "32M")).isEqualTo("resized disk0 size=33554432\n");
      assertThat(image).hasSize(32 << 20);
      server.terminate();
      assertThat(server.exitStatus()).isZero();
    }
    assertThat(sockets()).isEmpty();
  }

  @Test
  void whatCannotBeResizedIsSaid() throws Exception {
    try (ServeProcess server = ServeProcess.start(folder, "serve", spec("disk0", socket, image))) {
      assertThat(server.line()).startsWith("listening");
      assertThat(failure("resize", "disk0", "1M")).startsWith("virtio: ");
      assertThat(failure("resize", "disk9", "64M")).contains("there is no device 'disk9'");
      assertThat(image).hasSize(SIZE);
    }
  }

  private BlkLoadOptions load() {
    BlkLoadOptions usual = BlkLoadOptions.usual(socket, Workload.RANDREAD);
    return new BlkLoadOptions(
        socket,
        Workload.RANDREAD,
        4096,
        8,
        usual.rings(),
        true,
        Duration.ofMillis(200),
        Duration.ZERO,
        0,
        0,
        false,
        false,
        false,
        1);
  }

  private String run(String... args) throws Exception {
    try (ServeProcess command = ServeProcess.start(folder, args)) {
      String out = command.rest();
      assertThat(command.exitStatus()).as(command.errors()).isZero();
      return out;
    }
  }

  private String failure(String... args) throws Exception {
    try (ServeProcess command = ServeProcess.start(folder, args)) {
      assertThat(command.exitStatus()).isEqualTo(1);
      assertThat(command.errors().lines()).hasSize(1);
      return command.errors();
    }
  }

  private static double sum(JsonNode stats, String name) {
    double sum = 0;
    for (JsonNode metric : stats.path("devices").path(0).path("metrics")) {
      if (metric.path("name").asText().equals(name)) {
        sum += metric.path("value").asDouble();
      }
    }
    return sum;
  }

  private static String spec(String name, Path socket, Path image) {
    return "blk,name=" + name + ",socket=" + socket + ",image=" + image;
  }

  private Path image(String name) throws IOException {
    Path path = folder.resolve(name);
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(SIZE);
    }
    return path;
  }

  /** Every socket below the folder, the control socket's folder included. */
  private List<Path> sockets() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".sock")).toList();
    }
  }
}
