package dev.virtio4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a source tree of its own, with a Maven that only copies this build's results. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
class LauncherIT {
  /** Its JVM is started up to twice, one of them for an archive, on a machine that may be busy. */
  private static final int PATIENCE_SECONDS = 300;

  private static final Path MODULE = Path.of("").toAbsolutePath();
  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));
  private static final List<String> TOOLS =
      List.of(
          "cat",
          "find",
          "grep",
          "mkdir",
          "mv",
          "readlink",
          "rm",
          "sed",
          "sleep",
          "tail",
          "tee",
          "uname");

  @TempDir Path temp;

  private Path tree;
  private Path bin;
  private Path source;

  record Result(int status, String output, String errors) {}

  @BeforeEach
  void makeTree() throws IOException {
    tree = Files.createDirectory(temp.resolve("a tree"));
    bin = Files.createDirectory(temp.resolve("bin"));
    for (String tool : TOOLS) {
      addTool(tool);
    }
    Files.writeString(tree.resolve("pom.xml"), "<project/>");
    Files.createDirectories(tree.resolve("host-bridge/bin"));
    Files.copy(MODULE.resolve("bin/virtio"), tree.resolve("host-bridge/bin/virtio"));
    assertThat(tree.resolve("host-bridge/bin/virtio").toFile().setExecutable(true)).isTrue();
    Files.createDirectories(tree.resolve("host-bridge/src/main"));
    source = Files.writeString(tree.resolve("host-bridge/src/main/A.java"), "class A {}");
  }

  @Test
  void buildsWhatIsNotBuiltAndSaysSo() throws Exception {
    addMaven("");
    Result first = launch("--version");
    assertThat(first.status()).as(first.errors()).isZero();
    assertThat(first.output()).startsWith("virtio4j ");
    assertThat(first.errors()).contains("building virtio4j", "a minute or two", "virtio-core");
  }

  @Test
  void doesNotBuildAgainWhatIsBuilt() throws Exception {
    addMaven("");
    launch("--version");
    Result second = launch("--version");
    assertThat(second.status()).as(second.errors()).isZero();
    assertThat(second.errors()).isEmpty();
  }

  @Test
  void buildsAgainWhenSourceIsNewerThanTheJar() throws Exception {
    addMaven("");
    launch("--version");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
    assertThat(launch("--version").errors()).contains("the sources changed");
  }

  @Test
  void runsTheOlderBuildWhereMavenIsGone() throws Exception {
    addMaven("");
    launch("--version");
    Files.delete(bin.resolve("mvn"));
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
    Result result = launch("--version");
    assertThat(result.status()).as(result.errors()).isZero();
    assertThat(result.errors()).contains("running the older build");
  }

  @Test
  void makesOneArchiveOfClassDataForTheJdk() throws Exception {
    addMaven("");
    launch("--version");
    try (var archives = Files.list(tree.resolve("host-bridge/target/cds"))) {
      assertThat(archives).singleElement().satisfies(a -> assertThat(a).isNotEmptyFile());
    }
  }

  @Test
  void makesTheArchiveForTheBuildWhichItDoesNotStart() throws Exception {
    addMaven("");
    launch("--version");
    addMaven("exit 1");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
    Path archives = tree.resolve("host-bridge/target/cds");
    try (var old = Files.list(archives)) {
      Files.delete(old.findFirst().orElseThrow());
    }
    Result result = launch("--make-archive");
    assertThat(result.status()).as(result.errors()).isZero();
    assertThat(result.output() + result.errors()).isEmpty();
    try (var made = Files.list(archives)) {
      assertThat(made).singleElement().satisfies(a -> assertThat(a).isNotEmptyFile());
    }
  }

  @Test
  void runsWithAnArchiveThatTheJvmCannotRead() throws Exception {
    addMaven("");
    launch("--version");
    try (var archives = Files.list(tree.resolve("host-bridge/target/cds"))) {
      Path archive = archives.findFirst().orElseThrow();
      Files.delete(archive);
      Files.writeString(archive, "not an archive");
    }
    Result result = launch("--version");
    assertThat(result.status()).as(result.errors()).isZero();
    assertThat(result.output()).startsWith("virtio4j ");
  }

  @Test
  void showsTheEndOfTheLogWhenTheBuildFails() throws Exception {
    addMaven("echo '[ERROR] the disk is on fire'; exit 1");
    Result result = launch("--version");
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.errors()).contains("the disk is on fire", "the build failed");
    assertThat(tree.resolve("host-bridge/target/launcher-build.lock")).doesNotExist();
  }

  @Test
  void takesOverFromABuildThatWasKilled() throws Exception {
    addMaven("");
    Path lock = Files.createDirectories(tree.resolve("host-bridge/target/launcher-build.lock"));
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    Files.writeString(lock.resolve("pid"), gone.pid() + "\n");
    assertThat(launch("--version").status()).isZero();
  }

  @Test
  void asksForMavenWhereNothingIsBuilt() throws Exception {
    Result result = launch("--version");
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.errors()).contains("Maven (mvn) is needed");
  }

  @Test
  void asksForJavaWhereThereIsNone() throws Exception {
    Result result = launch(Map.of(), "--version");
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.errors()).contains("Java 17 or later is needed");
  }

  @Test
  void namesTheJavaThatIsTooOld() throws Exception {
    Path old = Files.createDirectories(temp.resolve("jdk11/bin")).getParent();
    Files.writeString(old.resolve("release"), "JAVA_VERSION=\"11.0.2\"\n");
    Path java = Files.createFile(old.resolve("bin/java"));
    assertThat(java.toFile().setExecutable(true)).isTrue();
    Result result = launch(Map.of("JAVA_HOME", old.toString()), "--version");
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.errors()).contains("is version 11.0.2");
  }

  private Result launch(String... arguments) throws Exception {
    return launch(Map.of("JAVA_HOME", JAVA_HOME.toString()), arguments);
  }

  private Result launch(Map<String, String> environment, String... arguments) throws Exception {
    Path out = temp.resolve("out");
    Path err = temp.resolve("err");
    ProcessBuilder builder = new ProcessBuilder();
    builder.command().add(tree.resolve("host-bridge/bin/virtio").toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().putAll(environment);
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    try {
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Result(process.exitValue(), read(out), read(err));
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  /** A Maven that runs the shell command, then gives the tree what this module was built to. */
  private void addMaven(String command) throws IOException {
    Path target = MODULE.resolve("target");
    String script =
        String.join(
            "\n",
            "echo '[INFO] Building virtio4j virtio-core 0.1.0        [1/2]'",
            command.isEmpty() ? ":" : command,
            "mkdir -p host-bridge/target/lib",
            "cat '" + target.resolve("host-bridge.jar") + "' >host-bridge/target/host-bridge.jar",
            "for jar in '" + target.resolve("lib") + "'/*.jar; do",
            "  cat \"$jar\" >\"host-bridge/target/lib/${jar##*/}\"",
            "done",
            "");
    addProgram("mvn", script);
  }

  private void addProgram(String name, String script) throws IOException {
    Path program = Files.writeString(bin.resolve(name), "#!/bin/sh\n" + script + "\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
  }

  private void addTool(String tool) throws IOException {
    for (String folder : List.of("/bin", "/usr/bin")) {
      Path program = Path.of(folder, tool);
      if (Files.exists(program)) {
        addProgram(tool, "exec " + program + " \"$@\"");
        return;
      }
    }
    throw new IOException("no " + tool + " in /bin and /usr/bin");
  }
}
