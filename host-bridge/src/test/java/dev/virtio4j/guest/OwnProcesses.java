package dev.virtio4j.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Looks for what a guest left on the host. */
final class OwnProcesses {
  private OwnProcesses() {}

  /** The stat lines of a session's processes, without zombies: those are process 1's to reap. */
  static List<String> liveOfSession(long session) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      for (Path process : all.filter(p -> p.getFileName().toString().matches("\\d+")).toList()) {
        try {
          String stat = Files.readString(process.resolve("stat"));
          String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
          if (!fields[0].equals("Z") && fields[3].equals(Long.toString(session))) {
            found.add(stat);
          }
        } catch (IOException e) {
          // It ended meanwhile.
        }
      }
    }
    return found;
  }
}
