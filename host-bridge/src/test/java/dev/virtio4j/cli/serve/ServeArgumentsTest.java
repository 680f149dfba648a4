package dev.virtio4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServeArgumentsTest {
  @Test
  void readsWhatIsPlain() {
    String line = "--config c.json a,b=c --loops=3 --poll-us 0 d --log-level off --control x";
    assertThat(ServeArguments.plain(List.of(line.split(" "))))
        .isEqualTo(
            new ServeArguments(List.of("a,b=c", "d"), Path.of("c.json"), 3, 0, "off", null, "x"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "-h",
        "--verbose a",
        "--loops",
        "--loops --poll-us 1",
        "--loops x",
        "--loops 1 --loops 2",
        "--",
        "--lops 1",
        "a --help-devices",
        "@file --x",
      })
  void leavesAllElseToTheFullParser(String line) {
    assertThat(ServeArguments.plain(List.of(line.split(" ")))).isNull();
  }
}
