package dev.virtio4j.guest;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kernel's last words.
 *
 * @param reason what it said it ended for
 * @param before the console up to the register and stack dump, which tells a user nothing
 */
record KernelPanic(String reason, List<String> before) {
  private static final Pattern REASON = Pattern.compile("Kernel panic - not syncing: (.+)");
  private static final Pattern DUMP =
      Pattern.compile(
          "(\\[ *[0-9.]+\\] *)?(CPU: |Pid: |RIP|RSP|EIP|RAX|R[0-9]{2}:|Call Trace|Stack:|Modules linked"
              + "|Hardware name|-+\\[ ).*");

  KernelPanic {
    before = List.copyOf(before);
  }

  /** Finds one in a console's lines. */
  static Optional<KernelPanic> in(List<String> console) {
    for (int i = 0; i < console.size(); i++) {
      Matcher matcher = REASON.matcher(console.get(i));
      if (matcher.find()) {
        List<String> before =
            console.subList(0, i).stream()
                .takeWhile(line -> !DUMP.matcher(line.strip()).matches())
                .toList();
        return Optional.of(new KernelPanic(matcher.group(1).strip(), before));
      }
    }
    return Optional.empty();
  }
}
