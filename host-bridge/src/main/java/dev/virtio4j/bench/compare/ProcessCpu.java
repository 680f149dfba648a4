package dev.virtio4j.bench.compare;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The CPU time that a process has used, in user and kernel mode together (proc(5), stat).
 *
 * @param seconds of the whole process, threads that ended included
 * @param threads of each name of a thread that lives, in seconds; threads of one name are added up
 */
record ProcessCpu(double seconds, Map<String, Double> threads) {
  /** USER_HZ, the unit in which Linux tells CPU times to programs on every machine of today. */
  private static final double TICKS_PER_SECOND = 100;

  // Fields after the name, which stands in parentheses and may hold anything.
  private static final int UTIME = 11;
  private static final int STIME = 12;

  static ProcessCpu of(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    Map<String, Double> threads = new TreeMap<>();
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
      for (Path task : tasks) {
        String stat = statOf(task);
        if (stat != null) {
          threads.merge(name(stat), seconds(stat), Double::sum);
        }
      }
    }
    return new ProcessCpu(seconds(Files.readString(process.resolve("stat"))), threads);
  }

  /** A thread's line; null if the thread has ended in the meantime. */
  private static String statOf(Path task) throws IOException {
    try {
      return Files.readString(task.resolve("stat"));
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** What was used since an earlier look at the same process. */
  ProcessCpu since(ProcessCpu earlier) {
    Map<String, Double> used = new TreeMap<>();
    threads.forEach(
        (name, now) -> used.put(name, Math.max(0, now - earlier.threads.getOrDefault(name, 0.0))));
    return new ProcessCpu(seconds - earlier.seconds, used);
  }

  static String name(String stat) {
    return stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  }

  static double seconds(String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME])) / TICKS_PER_SECOND;
  }
}
