package dev.virtio4j.guest;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A line by which the inside of a guest speaks to the host: {@code @v4j WORD REST}. */
sealed interface GuestMessage {
  /** What such a line begins with. */
  String PREFIX = "@v4j ";

  /** Init runs. */
  record Boot(String kernelRelease) implements GuestMessage {}

  /** Init takes scripts. */
  record Ready() implements GuestMessage {}

  /** A line from the host was taken; the next may be sent. */
  record Ack() implements GuestMessage {}

  /** A script runs. */
  record Begin(int number) implements GuestMessage {}

  /** A script ended. */
  record End(int number, int status) implements GuestMessage {}

  /** Init could not do its part. */
  record Fault(String text) implements GuestMessage {}

  /** A script reports a value. */
  record Value(String key, String text) implements GuestMessage {}

  /** The form of a message. */
  Pattern FORM = Pattern.compile("@v4j ([a-z][a-z0-9._-]*)(?: (.*))?");

  /**
   * Reads a message.
   *
   * @param line a line that begins with the prefix
   * @return nothing where it is no message
   */
  static Optional<GuestMessage> parse(String line) {
    Matcher matcher = FORM.matcher(line);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String word = matcher.group(1);
    String rest = matcher.group(2) == null ? "" : matcher.group(2).strip();
    return switch (word) {
      case "boot" -> Optional.of(new Boot(rest));
      case "ready" -> Optional.of(new Ready());
      case "ack" -> Optional.of(new Ack());
      case "fault" -> Optional.of(new Fault(rest));
      case "begin" -> numbers(rest, 1).map(n -> new Begin(n[0]));
      case "end" -> numbers(rest, 2).map(n -> new End(n[0], n[1]));
      default -> Optional.of(new Value(word, rest));
    };
  }

  private static Optional<int[]> numbers(String text, int count) {
    String[] words = text.split(" ");
    if (words.length != count) {
      return Optional.empty();
    }
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      if (!words[i].matches("[0-9]{1,9}")) {
        return Optional.empty();
      }
      numbers[i] = Integer.parseInt(words[i]);
    }
    return Optional.of(numbers);
  }
}
