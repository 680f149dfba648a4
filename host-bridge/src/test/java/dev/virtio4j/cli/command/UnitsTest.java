package dev.virtio4j.cli.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
  @ParameterizedTest
  @CsvSource({
    "0,0",
    "512,512",
    "1K,1024",
    "1k,1024",
    "1.5G,1610612736",
    "10GiB,10737418240",
    "2MB,2097152",
    "7E,8070450532247928832",
    "9223372036854775807,9223372036854775807",
  })
  void readsSizes(String text, long bytes) {
    assertThat(Units.parseSize(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "G",
        "-1",
        "1X",
        "0.3",
        "8E",
        "1.2.3",
        "1 000",
        "99999999999999999999",
        "0x10"
      })
  void refusesWhatIsNoSize(String text) {
    assertThatThrownBy(() -> Units.parseSize(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "' is not a size");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0 B",
    "1023,1023 B",
    "1024,1 KiB",
    "1536,1.50 KiB",
    "50565120,48.2 MiB",
  })
  void writesSizes(double bytes, String text) {
    assertThat(Units.size(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0.0000142,14.2 us", "0.0031,3.10 ms", "1.5,1.50 s", "NaN,-"})
  void writesTimes(double seconds, String text) {
    assertThat(Units.time(seconds)).isEqualTo(text);
  }
}
