package dev.virtio4j.cli.command;

import java.util.concurrent.CountDownLatch;

/** What is to be cleaned up if the process is ended by a signal. */
public final class ExitHook {
  private final Thread thread;

  /**
   * Makes one.
   *
   * @param name the thread's
   * @param cleanUp what is run
   */
  public ExitHook(String name, Runnable cleanUp) {
    thread = new Thread(cleanUp, name);
    Runtime.getRuntime().addShutdownHook(thread);
  }

  /**
   * Takes it back. Does not return once the process is about to end: what fails from then on fails
   * because of that, and is not to be reported.
   */
  public void takeBack() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException ending) {
      waitForTheEnd();
    }
  }

  private static void waitForTheEnd() {
    CountDownLatch never = new CountDownLatch(1);
    while (true) {
      try {
        never.await();
      } catch (InterruptedException goOn) {
        // Whoever interrupts ends with the process, too.
      }
    }
  }
}
