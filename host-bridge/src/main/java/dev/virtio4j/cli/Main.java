package dev.virtio4j.cli;

import dev.virtio4j.cli.command.CliContext;
import dev.virtio4j.cli.command.NativeCode;
import dev.virtio4j.cli.serve.ServeArguments;
import dev.virtio4j.cli.serve.Serving;
import java.util.Arrays;

/** The entry point of the {@code virtio} command. */
public final class Main {
  private Main() {}

  /**
   * Runs one command and ends the process with its exit code.
   *
   * @param args the command line; {@code --cds-training} is the launcher's, for its class data
   *     archive: what a server loads at its start is loaded, and the process ends
   */
  public static void main(String[] args) {
    spareLdconfig();
    CliContext context = CliContext.ofProcess();
    int exitCode =
        args.length == 1 && args[0].equals(CdsTraining.OPTION)
            ? CdsTraining.run(context)
            : run(context, args);
    System.out.flush();
    System.exit(exitCode);
  }

  /**
   * JNA would run ldconfig to learn where libraries are, at 30 ms; the C library's place is known.
   */
  private static void spareLdconfig() {
    String property = "jna.platform.library.path";
    if (System.getProperty("os.name").equals("Linux") && System.getProperty(property) == null) {
      String triplet =
          System.getProperty("os.arch").equals("aarch64")
              ? "aarch64-linux-gnu"
              : "x86_64-linux-gnu";
      System.setProperty(
          property,
          "/lib/" + triplet + ":/usr/lib/" + triplet + ":/lib64:/usr/lib64:/lib:/usr/lib");
    }
  }

  /**
   * Runs one command in this process.
   *
   * @param context what surrounds it
   * @param args the command line
   * @return one of {@link dev.virtio4j.cli.command.ExitCode}
   */
  static int run(CliContext context, String... args) {
    try {
      return choose(context, args);
    } catch (LinkageError unloadable) {
      return RootCommand.failed(
          context, NativeCode.lacking(unloadable), Arrays.asList(args).contains("--verbose"));
    }
  }

  private static int choose(CliContext context, String... args) {
    if (args.length > 1 && args[0].equals("serve")) {
      ServeArguments plain = ServeArguments.plain(Arrays.asList(args).subList(1, args.length));
      if (plain != null) {
        return serve(context, plain);
      }
    }
    return new RootCommand(context).execute(args);
  }

  /** Past the full parser, which takes longer to load than all else that a server needs. */
  private static int serve(CliContext context, ServeArguments arguments) {
    try {
      return new Serving(context, arguments).run();
    } catch (Exception problem) {
      return RootCommand.failed(context, problem, false);
    }
  }
}
