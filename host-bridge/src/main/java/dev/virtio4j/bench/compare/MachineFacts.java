package dev.virtio4j.bench.compare;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * What the figures were measured on.
 *
 * @param cpu the CPU's name
 * @param cores how many this process may use
 * @param kernel the kernel's release
 * @param jdk the JDK's version
 * @param qemu qemu-storage-daemon's version
 */
record MachineFacts(String cpu, int cores, String kernel, String jdk, String qemu) {
  static MachineFacts of(Path storageDaemon) throws IOException, InterruptedException {
    return new MachineFacts(
        cpuName(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.vendor") + " " + System.getProperty("java.runtime.version"),
        firstLine(storageDaemon.toString(), "--version"));
  }

  private static String cpuName() throws IOException {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .orElse(System.getProperty("os.arch"));
    }
  }

  static String firstLine(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return output.lines().findFirst().orElse("unknown");
  }

  String text() {
    return "%s, %d cores; %s; JDK %s; %s".formatted(cpu, cores, kernel, jdk, qemu);
  }

  ObjectNode toJson() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("cpu", cpu)
        .put("cores", cores)
        .put("kernel", kernel)
        .put("jdk", jdk)
        .put("qemu", qemu);
  }
}
