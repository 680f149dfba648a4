package dev.virtio4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.cli.command.CliContext;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void helpNamesTheCommandsAndTheExitCodes() {
    assertThat(run("--help")).isZero();
    assertThat(text(out))
        .contains("demo", "serve", "stats", "resize", "doctor", "bench", "completion")
        .containsPattern("0 +done")
        .containsPattern("1 +failed")
        .containsPattern("2 +the command line")
        .containsPattern("3 +the host lacks something")
        .containsPattern("4 +data was wrong");
    assertThat(text(err)).isEmpty();
  }

  @Test
  void versionNamesTheJdkAndTheSystem() {
    assertThat(run("--version")).isZero();
    assertThat(text(out))
        .startsWith("virtio4j ")
        .contains("JDK " + System.getProperty("java.runtime.version"))
        .contains(System.getProperty("os.name"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "statz a       | virtio: unknown command 'statz'; did you mean 'stats'?",
        "xyzzy         | virtio: unknown command 'xyzzy'",
        "--vrsion      | virtio: unknown option '--vrsion'; did you mean '--version'?",
        "doctor --jsn  | virtio doctor: unknown option '--jsn'; did you mean '--json'?",
        "doctor now    | virtio doctor: unexpected 'now'",
        "completion    | virtio completion: no shell is named; there is bash and zsh",
        "completion x  | virtio completion: no completion for 'x'; there is bash and zsh",
      })
  void aMisspeltCommandLineIsOneErrorAndAHint(String line, String error) {
    assertThat(run(line.split(" "))).isEqualTo(2);
    assertThat(text(err).lines()).hasSize(2);
    assertThat(text(err).lines().findFirst().orElseThrow()).isEqualTo(error);
    assertThat(text(err)).contains("--help'.");
    assertThat(text(out)).isEmpty();
  }

  @Test
  void noCommandIsAnErrorOfUsage() {
    assertThat(run()).isEqualTo(2);
    assertThat(text(err)).startsWith("virtio: a command is missing");
  }

  @ParameterizedTest
  @CsvSource({"bash", "zsh"})
  void completionKnowsEveryCommandAndItsOptions(String shell) {
    assertThat(run("completion", shell)).isZero();
    assertThat(text(out)).contains("stats", "--watch", "doctor", "--json", "complete -F");
  }

  @Test
  void doctorTellsOfEveryThing() {
    assertThat(run("doctor")).isIn(0, 3);
    assertThat(text(out)).contains("system", "jdk", "qemu", "uml", "apt", "for: ");
  }

  @Test
  void doctorPrintsJson() throws Exception {
    assertThat(run("doctor", "--json")).isIn(0, 3);
    var checks =
        new com.fasterxml.jackson.databind.ObjectMapper().readTree(text(out)).get("checks");
    assertThat(checks).isNotEmpty();
    checks.forEach(
        check -> {
          assertThat(check.get("state").asText()).isIn("ok", "limited", "missing");
          assertThat(check.get("remedy").asText().isEmpty())
              .isEqualTo(check.get("state").asText().equals("ok"));
        });
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere the demo lacks Linux first")
  void aDemoThatLacksItsGuestSaysHowToGoOnAndLeavesNothing(@TempDir Path folder) throws Exception {
    Map<String, String> environment =
        Map.of("VIRTIO4J_UML", folder.resolve("none").toString(), "TMPDIR", folder.toString());
    assertThat(run(environment, "demo")).isEqualTo(3);
    assertThat(text(err)).contains("VIRTIO4J_UML names", "Correct it").doesNotContain("Exception");
    try (var left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere the demo lacks Linux first")
  void aDemoDoesNotOverwriteAnImage(@TempDir Path folder) throws Exception {
    Path image = Files.writeString(folder.resolve("mine.img"), "mine");
    assertThat(run("demo", "--image", image.toString())).isEqualTo(2);
    assertThat(text(err)).contains("is there already");
    assertThat(image).hasContent("mine");
  }

  private int run(String... args) {
    return run(Map.of("PATH", "/usr/bin:/bin"), args);
  }

  private int run(Map<String, String> environment, String... args) {
    return Main.run(new CliContext(stream(out), stream(err), environment, false), args);
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
