package dev.virtio4j.guest;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** What guests of all kinds have: a process, a console, and a shell behind it. */
final class RunningGuest implements AutoCloseable {
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  private final String name;
  private final GuestProcess process;
  private final GuestConsole console;
  private GuestShell shell;

  RunningGuest(String name, GuestProcess process, Consumer<String> listener) {
    this.name = name;
    this.process = process;
    this.console = new GuestConsole(process.process().getInputStream(), listener);
    this.shell = new GuestShell(process.process().getOutputStream());
  }

  /** Reads the console and waits for init. */
  void boot(Duration timeout) throws GuestException {
    console.start(new byte[0], shell, this::ended);
    try {
      shell.awaitReady(timeout);
    } catch (GuestException e) {
      List<String> tail = console.tail(200);
      close();
      String message = name + " did not boot: " + why(e, tail);
      throw e instanceof GuestTimeoutException
          ? new GuestTimeoutException(message)
          : new GuestException(message, e);
    }
  }

  private static String why(GuestException failure, List<String> console) {
    int shown = 30;
    return KernelPanic.in(console)
        .map(
            panic ->
                "its kernel gave up with '"
                    + panic.reason()
                    + "'. Try another kernel, which VIRTIO4J_UML names for User-mode Linux and"
                    + " VIRTIO4J_KERNEL for QEMU"
                    + said(panic.before(), shown))
        .orElseGet(() -> failure.getMessage() + said(console, shown));
  }

  private static String said(List<String> lines, int most) {
    return lines.isEmpty()
        ? ""
        : "; console:\n"
            + String.join("\n", lines.subList(Math.max(0, lines.size() - most), lines.size()));
  }

  /** Goes on with the conversation of a guest that was migrated into this process. */
  void takeOver(RunningGuest from) throws GuestException {
    byte[] unfinished = from.console.awaitEnd(LAST_WORDS);
    shell = from.shell;
    shell.redirect(process.process().getOutputStream());
    console.start(unfinished, shell, this::ended);
  }

  private volatile boolean handedOver;

  /** From now on the end of this process is not the end of the guest. */
  void handOver() {
    handedOver = true;
  }

  private void ended() {
    if (!handedOver) {
      String status;
      try {
        status = process.waitFor(LAST_WORDS).map(s -> " with status " + s).orElse("");
      } catch (GuestException e) {
        status = "";
      }
      shell.fail(name + " ended" + status + "; it said last: " + console.tail(5));
    }
  }

  GuestShell shell() {
    return shell;
  }

  GuestProcess process() {
    return process;
  }

  List<String> tail(int count) {
    return console.tail(count);
  }

  OptionalInt awaitExit(Duration timeout) throws GuestException {
    Optional<Integer> status = process.waitFor(timeout);
    return status.isPresent() ? OptionalInt.of(status.get()) : OptionalInt.empty();
  }

  GuestScript start(String script) throws IOException {
    return shell.start(script);
  }

  @Override
  public void close() {
    process.close();
    if (!handedOver) {
      shell.fail(name + " was closed");
    }
  }
}
