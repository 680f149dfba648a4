package dev.virtio4j.cli.spec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
  @Test
  void readsDevicesAndSettings() {
    List<String> problems = new ArrayList<>();
    ServeConfig config =
        parse(
            """
            {"devices": [{"device": "blk", "socket": "a.sock", "queues": 4, "read-only": true}],
             "loops": 2, "poll-us": 0, "log-level": "debug", "metrics": "127.0.0.1:9100"}""",
            problems);
    assertThat(problems).isEmpty();
    assertThat(config.loops()).isEqualTo(2);
    assertThat(config.pollMicros()).isZero();
    assertThat(config.logLevel()).isEqualTo(new Setting("c.json:2:41: $.log-level:", "debug"));
    assertThat(config.metrics().text()).isEqualTo("127.0.0.1:9100");
    assertThat(config.control()).isNull();
    DeviceDraft device = config.devices().get(0);
    assertThat(device.device()).isEqualTo("blk");
    assertThat(device.entries())
        .extracting(entry -> entry.key() + "=" + entry.value())
        .containsExactly("socket=\"a.sock\"", "queues=4", "read-only=true");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "                                      | c.json: is empty",
        "[]                                    | c.json:1:1: $: must be an object, not an array",
        "{}                                    | c.json:1:1: $: has no \"devices\"",
        "{\"devices\": []}                     | c.json:1:13: $.devices: no device",
        "{\"devices\": {}}                     | c.json:1:13: $.devices: must be an array of objects, not an object",
        "{\"devices\": [3]}                    | c.json:1:14: $.devices[0]: must be an object, not a number",
        "{\"devices\": [{}]}                   | c.json:1:14: $.devices[0]: has no \"device\"",
        "{\"devices\": [{\"device\": 1}]}      | c.json:1:25: $.devices[0].device: must be a string, not a number",
        "{\"devices\": [{\"device\": \"blk\"}], \"lops\": 1}   | c.json:1:42: $.lops: unknown key 'lops'; did you mean 'loops'?",
        "{\"devices\": [{\"device\": \"blk\"}], \"loops\": 0}  | c.json:1:43: $.loops: must be a whole number from 1 to 256",
        "{\"devices\": [{\"device\": \"blk\"}], \"loops\": 1.5}| c.json:1:43: $.loops: must be a whole number",
        "{\"devices\": [{\"device\": \"blk\"}], \"loops\": 1e99}| c.json:1:43: $.loops: must be a whole number",
        "{\"devices\": [{\"device\": \"blk\"}], \"control\": 1}| c.json:1:45: $.control: must be a string, not a number",
        "{\"devices\": [{\"device\": \"blk\", \"a\": 1, \"a\": 2}]}| c.json:1:40: $.devices[0].a: the key is there twice",
        "{\"devices\": [{\"device\": \"blk\"}]} x | c.json:1:34: not JSON",
        "{\"devices\": [{\"device\": \"blk\"}]} 3 | c.json:1:34: $: there is more after the end",
        "{\"devices\": [{\"device\": \"blk\",}]}  | c.json:1:31: not JSON",
        "{\"devices\": [                         | not JSON",
      })
  void whatIsWrongIsNamedWithItsPlace(String json, String problem) {
    List<String> problems = new ArrayList<>();
    parse(json == null ? "" : json, problems);
    assertThat(problems).hasSize(1);
    assertThat(problems.get(0)).contains(problem);
  }

  @Test
  void allProblemsAreReportedWithTheirLines() {
    List<String> problems = new ArrayList<>();
    parse(
        """
        {
          "devices": [
            {"device": "blk"},
            7
          ],
          "loops": "many",
          "metric": "x"
        }""",
        problems);
    assertThat(problems)
        .containsExactly(
            "c.json:7:13: $.metric: unknown key 'metric'; did you mean 'metrics'?; there are"
                + " devices, loops, poll-us, log-level, metrics, control",
            "c.json:4:5: $.devices[1]: must be an object, not a number",
            "c.json:6:12: $.loops: must be a whole number from 1 to 256");
  }

  @Test
  void deepNestingIsRefused() {
    List<String> problems = new ArrayList<>();
    parse("[".repeat(100_000), problems);
    assertThat(problems).hasSize(1);
    assertThat(problems.get(0)).startsWith("c.json:1:").contains("not JSON");
  }

  @Test
  void aMissingFileIsSaidToBeMissing(@TempDir Path folder) {
    List<String> problems = new ArrayList<>();
    ConfigFile.read(folder.resolve("no.json"), problems);
    assertThat(problems).containsExactly(folder.resolve("no.json") + ": there is no such file");
  }

  @Test
  void aFolderIsNotRead(@TempDir Path folder) {
    List<String> problems = new ArrayList<>();
    ConfigFile.read(folder, problems);
    assertThat(problems).hasSize(1);
    assertThat(problems.get(0)).startsWith(folder + ": cannot be read");
  }

  private static ServeConfig parse(String json, List<String> problems) {
    return ConfigFile.parse("c.json", json.getBytes(UTF_8), problems);
  }
}
