package dev.virtio4j.cli.command;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NativeCodeTest {
  @Test
  void anotherSystemIsNamedBeforeAnythingIsLoaded() {
    assertThatThrownBy(
            () ->
                NativeCode.require(
                    "Mac OS X",
                    () -> {
                      throw new AssertionError("loaded");
                    }))
        .isInstanceOfSatisfying(CliException.class, NativeCodeTest::saysThatTheHostLacksIt)
        .hasMessageContaining("needs Linux, and this is Mac OS X");
  }

  @Test
  void aLibraryThatCannotBeLoadedIsASentence() {
    assertThatThrownBy(
            () ->
                NativeCode.require(
                    "Linux",
                    () -> {
                      throw new UnsatisfiedLinkError("ld-linux-x86-64.so.2: no such file\nat x");
                    }))
        .isInstanceOfSatisfying(CliException.class, NativeCodeTest::saysThatTheHostLacksIt)
        .hasMessageContaining("(ld-linux-x86-64.so.2: no such file); Linux with the GNU C library");
  }

  @Test
  void aHostThatHasItIsFine() {
    assertThatCode(() -> NativeCode.require("Linux", () -> {})).doesNotThrowAnyException();
  }

  private static void saysThatTheHostLacksIt(CliException lacking) {
    if (lacking.exitCode() != ExitCode.HOST_LACKS) {
      throw new AssertionError("exit code " + lacking.exitCode());
    }
  }
}
