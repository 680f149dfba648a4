package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestShellTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  /** An init that takes every line at once. */
  private static final class Init extends OutputStream {
    final List<String> heard = new ArrayList<>();
    final GuestShell shell = new GuestShell(this);
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    @Override
    public void write(int b) {
      if (b != '\n') {
        line.write(b);
        return;
      }
      String text = line.toString(StandardCharsets.UTF_8);
      line.reset();
      heard.add(text);
      if (text.startsWith("script ") || text.startsWith("+")) {
        shell.line("@v4j ack");
      }
    }
  }

  @Test
  void aScriptArrivesWholeHoweverLong() throws IOException {
    Init init = new Init();
    String script = "echo ä\n".repeat(1000);
    init.shell.start(script);
    ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    for (String line : init.heard) {
      assertThat(line.length()).isLessThan(1000);
      if (line.startsWith("+")) {
        arrived.writeBytes(Base64.getDecoder().decode(line.substring(1)));
      }
    }
    assertThat(arrived.toString(StandardCharsets.UTF_8)).isEqualTo(script);
    assertThat(init.heard).first().isEqualTo("script 1");
    assertThat(init.heard).last().isEqualTo("run");
  }

  @Test
  void linesAndValuesAreToldApart() throws IOException {
    Init init = new Init();
    GuestScript script = init.shell.start("x");
    for (String line :
        List.of("@v4j begin 1", "one", "@v4j speed 12 MB/s", "two", "last@v4j end 1 3")) {
      init.shell.line(line);
    }
    ScriptResult result = script.await(SOON);
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.lines()).containsExactly("one", "two", "last");
    assertThat(result.values()).containsExactly(java.util.Map.entry("speed", "12 MB/s"));
    assertThatThrownBy(result::requireSuccess)
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("status 3")
        .hasMessageContaining("last");
  }

  @Test
  void messagesThatShareALineAreToldApart() throws IOException {
    Init init = new Init();
    GuestScript script = init.shell.start("x");
    init.shell.line("@v4j begin 1");
    init.shell.line("text@v4j tick 7@v4j end 1 0");
    ScriptResult result = script.await(SOON);
    assertThat(result.lines()).containsExactly("text");
    assertThat(result.values()).containsExactly(java.util.Map.entry("tick", "7"));
  }

  @Test
  void aSecondScriptWaitsForTheFirst() throws IOException {
    Init init = new Init();
    init.shell.start("x");
    assertThatIllegalStateException().isThrownBy(() -> init.shell.start("y"));
    init.shell.line("@v4j end 1 0");
    init.shell.start("y");
    assertThat(init.heard).contains("script 2");
  }

  @Test
  void anotherScriptsEndIsIgnored() throws IOException {
    Init init = new Init();
    GuestScript script = init.shell.start("x");
    init.shell.line("@v4j end 2 0");
    assertThat(script.isDone()).isFalse();
  }

  @Test
  void aPanicFailsTheScriptAtOnce() throws IOException {
    Init init = new Init();
    GuestScript script = init.shell.start("x");
    init.shell.line("[  1.0] Kernel panic - not syncing: sysrq triggered crash");
    assertThatThrownBy(() -> script.await(SOON))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("panicked");
  }

  @Test
  void anEndedGuestFailsWhatIsWaitedFor() {
    GuestShell shell = new GuestShell(OutputStream.nullOutputStream());
    shell.fail("the guest ended with status 1");
    assertThatThrownBy(() -> shell.awaitReady(SOON)).hasMessageContaining("ended with status 1");
  }

  @Test
  void whatInitCouldNotDoIsToldAtBoot() {
    GuestShell shell = new GuestShell(OutputStream.nullOutputStream());
    shell.line("@v4j fault cannot load module virtio_blk");
    shell.line("@v4j ready");
    assertThatThrownBy(() -> shell.awaitReady(SOON)).hasMessageContaining("virtio_blk");
  }

  @Test
  void aScriptThatDoesNotEndIsATimeout() throws IOException {
    Init init = new Init();
    GuestScript script = init.shell.start("x");
    init.shell.line("working");
    assertThatThrownBy(() -> script.await(Duration.ofMillis(1)))
        .isInstanceOf(GuestTimeoutException.class)
        .hasMessageContaining("working");
  }
}
