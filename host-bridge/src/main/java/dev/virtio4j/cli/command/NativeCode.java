package dev.virtio4j.cli.command;

/** The host's native code, which what serves and what loads devices is made of. */
public final class NativeCode {
  private NativeCode() {}

  /**
   * Makes sure that it is there.
   *
   * @param system what {@code os.name} says
   * @param probe loads native code
   * @throws CliException if the host lacks it
   */
  public static void require(String system, Runnable probe) {
    if (!system.equals("Linux")) {
      throw new CliException(
          ExitCode.HOST_LACKS,
          "vhost-user needs Linux, and this is "
              + system
              + "; run it in a Linux virtual machine or container");
    }
    try {
      probe.run();
    } catch (LinkageError unloadable) {
      throw lacking(unloadable);
    }
  }

  /**
   * Says that it cannot be loaded.
   *
   * @param unloadable why
   * @return to be thrown
   */
  public static CliException lacking(LinkageError unloadable) {
    String why = String.valueOf(unloadable.getMessage()).lines().findFirst().orElse("");
    return new CliException(
        ExitCode.HOST_LACKS,
        "native code cannot be loaded here ("
            + why
            + "); Linux with the GNU C library is needed, on x86-64 or arm64",
        unloadable);
  }
}
