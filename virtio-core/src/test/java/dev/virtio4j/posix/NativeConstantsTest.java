package dev.virtio4j.posix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.testing.HostNeeds;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares every constant and offset of the package with what the C compiler says. */
class NativeConstantsTest {
  private static final List<Class<?>> CONSTANTS =
      List.of(
          BlockIoctl.class,
          Bpf.class,
          Errno.class,
          EventFlags.class,
          Falloc.class,
          FileControl.class,
          FileMode.class,
          MemFdFlags.class,
          MemoryMap.class,
          OpenFlags.class,
          PollEvents.class,
          Ptrace.class,
          RwFlags.class,
          Seccomp.class,
          Seek.class,
          Sockets.class,
          StatFlags.class,
          uring("UringFlags"));

  private static final Map<Class<?>, String> LAYOUTS =
      Map.ofEntries(
          Map.entry(ControlMessage.class, "struct cmsghdr"),
          Map.entry(FileLock.class, "struct flock"),
          Map.entry(FileStat.class, "struct statx"),
          Map.entry(FileSystemStat.class, "struct statfs"),
          Map.entry(IoVec.class, "struct iovec"),
          Map.entry(MessageHeader.class, "struct msghdr"),
          Map.entry(PollFd.class, "struct pollfd"),
          Map.entry(SeccompData.class, "struct seccomp_data"),
          Map.entry(SockFilter.class, "struct sock_filter"),
          Map.entry(SockFprog.class, "struct sock_fprog"),
          Map.entry(UnixAddress.class, "struct sockaddr_un"),
          Map.entry(uring("CompletionEntry"), "struct io_uring_cqe"),
          Map.entry(uring("Probe"), "struct io_uring_probe"),
          Map.entry(uring("SetupParameters"), "struct io_uring_params"),
          Map.entry(uring("SubmissionEntry"), "struct io_uring_sqe"));

  /** Names that no header has. */
  private static final Set<String> KERNEL_ONLY = Set.of("SCM_MAX_FD");

  private static final String HEADERS =
      """
      #define _GNU_SOURCE
      #include <errno.h>
      #include <fcntl.h>
      #include <poll.h>
      #include <stddef.h>
      #include <stdio.h>
      #include <unistd.h>
      #include <linux/audit.h>
      #include <linux/elf.h>
      #include <linux/filter.h>
      #include <linux/fs.h>
      #include <linux/io_uring.h>
      #include <linux/magic.h>
      #include <linux/memfd.h>
      #include <linux/seccomp.h>
      #include <sys/eventfd.h>
      #include <sys/ioctl.h>
      #include <sys/mman.h>
      #include <sys/prctl.h>
      #include <sys/ptrace.h>
      #include <sys/socket.h>
      #include <sys/stat.h>
      #include <sys/syscall.h>
      #include <sys/uio.h>
      #include <sys/un.h>
      #include <sys/vfs.h>
      """;

  private static final Pattern CONSTANT =
      Pattern.compile("^  (public )?static final (int|long) ", Pattern.MULTILINE);

  @TempDir Path folder;

  @Test
  void constantsAndLayoutsAreWhatTheCompilerSays() throws Exception {
    Map<String, Long> expected = new TreeMap<>();
    StringBuilder program = new StringBuilder(HEADERS).append("int main(void) {\n");
    for (Class<?> type : CONSTANTS) {
      for (Field field : constants(type)) {
        String name = field.getName();
        if (!KERNEL_ONLY.contains(name)) {
          expected.put(name, value(field));
          // Enumerators are no macros, and old headers lack new macros.
          boolean mayBeAbsent = mayBeAbsent(name);
          String line = "  printf(\"%s %%lld\\n\", (long long) %s);\n".formatted(name, c(name));
          program.append(mayBeAbsent ? "#ifdef " + name + "\n" + line + "#endif\n" : line);
        }
      }
    }
    LAYOUTS.forEach(
        (type, struct) -> {
          for (Field field : constants(type)) {
            String name = type.getSimpleName() + "." + field.getName();
            String member =
                field.getName().toLowerCase(Locale.ROOT).replaceFirst("^(sq|cq)_off_", "$1_off.");
            expected.put(name, value(field));
            program.append(
                member.equals("size")
                    ? "  printf(\"%s %%lld\\n\", (long long) sizeof(%s));\n".formatted(name, struct)
                    : "  printf(\"%s %%lld\\n\", (long long) offsetof(%s, %s));\n"
                        .formatted(name, struct, member));
          }
        });
    program.append("  return 0;\n}\n");

    Map<String, Long> actual = run(program.toString());

    assertThat(actual).hasSizeGreaterThan(100);
    assertThat(expected).containsAllEntriesOf(actual);
    expected.keySet().removeAll(actual.keySet());
    assertThat(expected.keySet()).allMatch(NativeConstantsTest::mayBeAbsent);
  }

  /** A system call's number has a name in lower case. */
  private static String c(String name) {
    return name.startsWith("SYS_") ? "SYS_" + name.substring(4).toLowerCase(Locale.ROOT) : name;
  }

  private static boolean mayBeAbsent(String name) {
    return Stream.of("STATX_", "MFD_", "IORING_SETUP_", "IORING_FEAT_").anyMatch(name::startsWith);
  }

  private static Class<?> uring(String name) {
    try {
      return Class.forName("dev.virtio4j.posix.uring." + name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void noClassOfConstantsIsLeftOut() throws IOException {
    Path sources = Path.of("src/main/java/dev/virtio4j/posix");
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        if (CONSTANT.matcher(Files.readString(file)).find()) {
          found.add(file.getFileName().toString().replace(".java", ""));
        }
      }
    }
    List<String> tested =
        Stream.concat(CONSTANTS.stream(), LAYOUTS.keySet().stream())
            .map(Class::getSimpleName)
            .toList();
    assertThat(tested).containsExactlyInAnyOrderElementsOf(found);
  }

  private static List<Field> constants(Class<?> type) {
    return Stream.of(type.getDeclaredFields())
        .filter(f -> Modifier.isStatic(f.getModifiers()) && !Modifier.isPrivate(f.getModifiers()))
        .peek(f -> f.setAccessible(true))
        .toList();
  }

  private static long value(Field field) {
    try {
      return field.getLong(null);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private Map<String, Long> run(String source) throws IOException, InterruptedException {
    Path program = Files.writeString(folder.resolve("constants.c"), source);
    Path binary = folder.resolve("constants");
    String gcc = HostNeeds.program("gcc").toString();
    assertThat(output(List.of(gcc, "-w", "-o", binary.toString(), program.toString()))).isEmpty();
    Map<String, Long> values = new TreeMap<>();
    for (String line : output(List.of(binary.toString()))) {
      String[] parts = line.split(" ");
      values.put(parts[0], Long.parseLong(parts[1]));
    }
    return values;
  }

  private static List<String> output(List<String> command)
      throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> lines = process.inputReader().lines().toList();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(String.join("\n", lines)).isZero();
    return lines;
  }
}
