package dev.virtio4j.guest;

import dev.virtio4j.posix.PosixException;
import dev.virtio4j.posix.SystemCallFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;

/**
 * A hypervisor's process and all that it started: a session of its own, so that helpers that
 * outlive it are found, and a folder of its own that goes with it.
 */
final class GuestProcess implements AutoCloseable {
  private static final long TERM_SECONDS = 2;
  private static final long KILL_SECONDS = 10;

  private final Process process;
  private final Path folder;
  private final boolean ownSession;
  private final Thread atExit;

  private GuestProcess(Process process, Path folder, boolean ownSession) {
    this.process = process;
    this.folder = folder;
    this.ownSession = ownSession;
    this.atExit = new Thread(this::endAll, "guest-cleanup-" + process.pid());
  }

  /**
   * Starts it; its standard error goes where its output goes.
   *
   * @param command the program and its arguments
   * @param environment variables to set
   * @param folder its working folder, deleted when this is closed
   * @param filter what of its system calls fails, if any
   */
  static GuestProcess start(
      List<String> command,
      Map<String, String> environment,
      Path folder,
      Optional<SystemCallFilter> filter)
      throws IOException {
    Optional<Path> setsid = HostProgram.find("setsid");
    List<String> full = new ArrayList<>();
    // A JVM that is killed runs no hook: then Linux asks the child to end.
    HostProgram.find("setpriv")
        .ifPresent(path -> full.addAll(List.of(path.toString(), "--pdeathsig", "TERM")));
    // Started by the JVM it leads no group yet, so setsid becomes the program: one process id.
    setsid.ifPresent(path -> full.add(path.toString()));
    full.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(full);
    builder.environment().putAll(environment);
    builder.directory(folder.toFile()).redirectErrorStream(true);
    try {
      GuestProcess started =
          new GuestProcess(startOnThread(builder, filter), folder, setsid.isPresent());
      Runtime.getRuntime().addShutdownHook(started.atExit);
      return started;
    } catch (IOException e) {
      FileUtils.deleteQuietly(folder.toFile());
      throw e;
    }
  }

  /**
   * Starts a process on a thread that lives as long as it: prctl(2) has the parent-death signal
   * sent when the thread ends that made the child, not only when its process does.
   */
  private static Process startOnThread(ProcessBuilder builder, Optional<SystemCallFilter> filter)
      throws IOException {
    CompletableFuture<Process> started = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                filter.ifPresent(SystemCallFilter::apply);
                Process process = builder.start();
                started.complete(process);
                process.waitFor();
                // Helpers hold its console open: who reads it would not learn of the end.
                sessionOf(process.pid()).forEach(ProcessHandle::destroyForcibly);
              } catch (IOException | PosixException | InterruptedException e) {
                started.completeExceptionally(e);
              }
            },
            "guest-parent");
    thread.setDaemon(true);
    thread.start();
    try {
      return started.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting " + builder.command().get(0), e);
    }
  }

  Process process() {
    return process;
  }

  Path folder() {
    return folder;
  }

  /** Waits for the program's end; empty where it runs still. */
  Optional<Integer> waitFor(Duration timeout) throws GuestException {
    try {
      return process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)
          ? Optional.of(process.exitValue())
          : Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GuestException("interrupted while waiting for the guest's end", e);
    }
  }

  @Override
  public void close() {
    endAll();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is on its way out, and runs the hook.
    }
  }

  private void endAll() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(KILL_SECONDS);
    List<ProcessHandle> rest = process.descendants().toList();
    boolean interrupted = false;
    try {
      // Asked to end, a hypervisor ends its helpers and reaps them, where killing it would leave
      // them as zombies; the guest inside gets no more time by it.
      process.destroy();
      process.waitFor(TERM_SECONDS, TimeUnit.SECONDS);
      process.destroyForcibly();
      rest.forEach(ProcessHandle::destroyForcibly);
      process.waitFor(KILL_SECONDS, TimeUnit.SECONDS);
      // Helpers whose parent has gone are found by their session alone.
      for (rest = session(); !rest.isEmpty() && System.nanoTime() < deadline; rest = session()) {
        rest.forEach(ProcessHandle::destroyForcibly);
        Thread.sleep(5);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      session().forEach(ProcessHandle::destroyForcibly);
      interrupted = true;
    }
    FileUtils.deleteQuietly(folder.toFile());
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The live processes of this one's session. */
  private List<ProcessHandle> session() {
    return ownSession ? sessionOf(process.pid()) : List.of();
  }

  private static List<ProcessHandle> sessionOf(long leader) {
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.filter(handle -> isOfSession(handle.pid(), leader)).toList();
    }
  }

  private static boolean isOfSession(long pid, long leader) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      // proc(5): pid (comm) state ppid pgrp session; comm may hold spaces and parentheses.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      boolean dead = fields[0].equals("Z") || fields[0].equals("X");
      return !dead && Long.parseLong(fields[3]) == leader;
    } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
      return false; // It ended meanwhile.
    }
  }
}
