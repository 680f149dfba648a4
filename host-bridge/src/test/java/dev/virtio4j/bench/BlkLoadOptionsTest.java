package dev.virtio4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.cli.bench.BenchCommand;
import dev.virtio4j.cli.command.CliContext;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class BlkLoadOptionsTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String line) {
    CliContext context =
        new CliContext(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of(),
            false);
    CommandLine command = new CommandLine(new BenchCommand(context).spec());
    command.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    command.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    return command.execute(line.split(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "blk|--socket is missing",
        "blk --socket s --bs 1000|--bs is 1000",
        "blk --socket s --bs 0|--bs is 0",
        "blk --socket s --bs 32m|--bs is 33554432",
        "blk --socket s --bs 4x|--bs: '4x' is not a size",
        "blk --socket s --qd 0|--qd is 0",
        "blk --socket s --qd -1|--qd is -1",
        "blk --socket s --qd 100 --ring 128|--qd 100 takes 300 ring entries",
        "blk --socket s --rw randrw --qd 64 --ring 256|takes 384 ring entries",
        "blk --socket s --ring 100|--ring is 100",
        "blk --socket s --ring 65536|--ring is 65536",
        "blk --socket s --queues 0|--queues is 0",
        "blk --socket s --secs 0|--secs is 0",
        "blk --socket s --secs -3|--secs is",
        "blk --socket s --secs NaN|--secs is not a number",
        "blk --socket s --warmup -1|--warmup is",
        "blk --socket s --span 512|--span is 512",
        "blk --socket s --rw wipe|--rw is 'wipe'",
        "blk --socket s --flush-every 4|--flush-every needs a load that writes",
        "blk --socket s --event-idx --no-event-idx|contradict",
        "compare --virtio v --pairs 0|--pairs is 0",
        "compare --virtio v --size 5000|--size is 5000"
      })
  void optionsThatMakeNoSenseAreRefusedWithOneSentence(String line, String says) {
    assertThat(run(line)).as("exit code").isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(says);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void ringGrowsWithTheDepthWhereItsSizeIsFree() {
    BlkLoadOptions usual = BlkLoadOptions.usual(Path.of("s"), Workload.RANDREAD);
    assertThat(usual.ringSize()).isEqualTo(256);
    assertThat(RingOptions.DEFAULT.sizeFor(RingOptions.DEFAULT.needed(128, 1, false)))
        .isEqualTo(512);
    assertThat(RingOptions.DEFAULT.sizeFor(257)).isEqualTo(512);
    assertThat(RingOptions.DEFAULT.sizeFor(512)).isEqualTo(512);
  }
}
