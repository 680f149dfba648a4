package dev.virtio4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.testing.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code .ci/run} in a source tree of its own, with a Maven that only writes reports. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "it runs on Debian")
class CiRunIT {
  private static final String GOOD =
      "<testsuite name=\"p.GoodTest\" tests=\"3\" errors=\"0\" skipped=\"1\" failures=\"0\">"
          + "</testsuite>";
  private static final String SUMMARY =
      "<failsafe-summary result=\"%s\" timeout=\"%s\"><completed>1</completed>%s</failsafe-summary>";

  @TempDir private Path temp;
  private Path module;
  private Path bin;

  @BeforeEach
  void makeTree() throws IOException {
    for (int version : List.of(17, 25)) {
      Requires.that(hasJdk(version), "There is no JDK " + version + " under /usr/lib/jvm.");
    }
    Files.createDirectories(temp.resolve(".ci"));
    Files.copy(Path.of("../.ci/run"), temp.resolve(".ci/run"));
    module = temp.resolve("module");
    bin = Files.createDirectories(temp.resolve("bin"));
    program("dpkg-query", "echo installed");
    source("GoodTest", "class GoodTest {}");
    source("ContractTest", "abstract class ContractTest {}");
  }

  @Test
  void sumsBothJdks() throws Exception {
    maven(report("surefire", "GoodTest", GOOD));
    assertThat(run(0)).endsWith("4 passed, 0 failed, 2 skipped\n").doesNotContain("FAILED");
  }

  @Test
  void namesWhatFailedBeforeTheSum() throws Exception {
    maven(
        report(
            "surefire",
            "GoodTest",
            """
            <testsuite name="p.GoodTest" tests="2" errors="0" skipped="0" failures="1">
            <testcase name="adds" classname="p.GoodTest" time="1">
              <failure message="x" type="T"><![CDATA[expected 1
            at p.GoodTest.adds]]></failure>
            </testcase>
            <testcase name="subtracts" classname="p.GoodTest" time="1"/>
            </testsuite>"""));
    assertThat(run(1))
        .endsWith("2 passed, 2 failed, 0 skipped\n")
        .contains("FAILED p.GoodTest.adds\n  expected 1\n  at p.GoodTest.adds\n")
        .doesNotContain("FAILED p.GoodTest.subtracts");
  }

  @Test
  void aClassWithoutAReportHasFailed() throws Exception {
    source("CrashedIT", "class CrashedIT {}");
    maven(report("surefire", "GoodTest", GOOD));
    assertThat(run(1))
        .endsWith("4 passed, 2 failed, 2 skipped\n")
        .contains("FAILED p.CrashedIT: it left no report")
        .doesNotContain("ContractTest");
  }

  @Test
  void aForkThatTookTooLongHasFailed() throws Exception {
    maven(report("surefire", "GoodTest", GOOD) + summary(SUMMARY.formatted("255", "true", "")));
    assertThat(run(1)).endsWith("4 passed, 2 failed, 2 skipped\n").contains("timeout=");
  }

  @Test
  void aForkThatCrashedHasFailed() throws Exception {
    String message = "<failureMessage>The forked VM terminated without saying goodbye";
    maven(
        report("surefire", "GoodTest", GOOD)
            + summary(SUMMARY.formatted("255", "false", message + "</failureMessage>")));
    assertThat(run(1)).endsWith("4 passed, 2 failed, 2 skipped\n").contains("The forked VM");
  }

  @Test
  void whatAnEarlierRunLeftIsNotCounted() throws Exception {
    maven("case $JAVA_HOME in *25*) exit 1 ;; esac\n" + report("surefire", "GoodTest", GOOD));
    assertThat(run(1)).endsWith("2 passed, 0 failed, 1 skipped\n");
  }

  private static boolean hasJdk(int version) throws IOException {
    Path folder = Path.of("/usr/lib/jvm");
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> homes = Files.list(folder)) {
      for (Path home : homes.toList()) {
        Path release = home.resolve("release");
        if (Files.isExecutable(home.resolve("bin/javac"))
            && Files.isReadable(release)
            && Files.readString(release).matches("(?s).*JAVA_VERSION=\"" + version + "[.\"].*")) {
          return true;
        }
      }
    }
    return false;
  }

  private void source(String name, String text) throws IOException {
    Path folder = Files.createDirectories(module.resolve("src/test/java/p"));
    Files.writeString(folder.resolve(name + ".java"), text + "\n");
  }

  private static String report(String plugin, String test, String xml) {
    return write(plugin + "-reports/TEST-p." + test + ".xml", xml);
  }

  private static String summary(String xml) {
    return write("failsafe-reports/failsafe-summary.xml", xml);
  }

  private static String write(String file, String text) {
    String path = "module/target/" + file;
    return "mkdir -p \"$(dirname '"
        + path
        + "')\"\ncat >'"
        + path
        + "' <<'END'\n"
        + text
        + "\nEND\n";
  }

  private void maven(String script) throws IOException {
    program("mvn", script);
  }

  private void program(String name, String script) throws IOException {
    Path program = Files.writeString(bin.resolve(name), "#!/bin/sh\n" + script + "\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
  }

  private String run(int status) throws Exception {
    Path output = temp.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder("bash", temp.resolve(".ci/run").toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().merge("PATH", bin + ":", (path, ours) -> ours + path);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String text = Files.readString(output);
    assertThat(process.exitValue()).as(text).isEqualTo(status);
    return text;
  }
}
