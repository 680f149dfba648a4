package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestMessageTest {
  @Test
  void theWordsOfInitAreRead() {
    assertThat(GuestMessage.parse("@v4j boot 6.1.176")).contains(new GuestMessage.Boot("6.1.176"));
    assertThat(GuestMessage.parse("@v4j ready")).contains(new GuestMessage.Ready());
    assertThat(GuestMessage.parse("@v4j ack")).contains(new GuestMessage.Ack());
    assertThat(GuestMessage.parse("@v4j begin 7")).contains(new GuestMessage.Begin(7));
    assertThat(GuestMessage.parse("@v4j end 7 130")).contains(new GuestMessage.End(7, 130));
  }

  @Test
  void anyOtherWordIsAValue() {
    assertThat(GuestMessage.parse("@v4j load.fill iops=3 p50=1.5"))
        .contains(new GuestMessage.Value("load.fill", "iops=3 p50=1.5"));
    assertThat(GuestMessage.parse("@v4j serial")).contains(new GuestMessage.Value("serial", ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "@v4j ",
        "@v4j  x",
        "@v4j end 7",
        "@v4j end 7 -1",
        "@v4j begin 99999999999",
        "@v4j A"
      })
  void whatHasNotTheFormIsNoMessage(String line) {
    assertThat(GuestMessage.parse(line)).isEmpty();
  }
}
