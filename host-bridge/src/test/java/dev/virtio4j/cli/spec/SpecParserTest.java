package dev.virtio4j.cli.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecParserTest {
  @Test
  void splitsKeysAndValues() {
    List<String> problems = new ArrayList<>();
    DeviceDraft draft = SpecParser.parse("blk,socket=/run/a.sock,image=x=y.img", problems);
    assertThat(problems).isEmpty();
    assertThat(draft.device()).isEqualTo("blk");
    assertThat(values(draft))
        .containsExactly(Map.entry("socket", "/run/a.sock"), Map.entry("image", "x=y.img"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "blk,image=a,,b.img              | a,b.img",
        "blk,image=,,                    | ,",
        "blk,image=a,,,,b                | a,,b",
        "blk,image=a=b                   | a=b",
      })
  void aDoubledCommaIsAComma(String spec, String value) {
    List<String> problems = new ArrayList<>();
    DeviceDraft draft = SpecParser.parse(spec, problems);
    assertThat(problems).isEmpty();
    assertThat(values(draft)).containsExactly(Map.entry("image", value));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``                      | begins with the name of a device",
        "socket=/run/a.sock      | begins with the name of a device",
        ",image=a                | begins with the name of a device",
        "blk,                    | ends with a comma",
        "blk,image=a,            | ends with a comma",
        "blk,,image=a            | has a comma too many",
        "blk,image               | 'image' has no value; write image=VALUE",
        "blk,readonly,image=a    | 'readonly' has no value; write readonly=VALUE",
        "blk,image=              | 'image' has an empty value",
        "blk,=a                  | has a value without a key: '=a'",
        "blk,image=a,image=b     | has the key 'image' twice",
      })
  void whatIsMalformedIsOneErrorThatQuotesTheSpec(String spec, String problem) {
    List<String> problems = new ArrayList<>();
    SpecParser.parse(spec, problems);
    assertThat(problems).hasSize(1);
    assertThat(problems.get(0)).startsWith("'" + spec + "': ").contains(problem);
  }

  @Test
  void aLongSpecIsCutInErrors() {
    List<String> problems = new ArrayList<>();
    SpecParser.parse("blk,image=" + "x".repeat(5000) + ",", problems);
    assertThat(problems).hasSize(1);
    assertThat(problems.get(0)).hasSizeLessThan(200).contains("...");
  }

  static List<Map.Entry<String, String>> values(DeviceDraft draft) {
    return draft.entries().stream().map(e -> Map.entry(e.key(), e.value().textValue())).toList();
  }
}
