package dev.virtio4j.testing;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Holds a module's tests against its list of hostile cases, one a line: the case's id, a tab, and
 * {@code tested} or {@code left out: why}. A test names the cases that it shows in its method's
 * name, or in the texts of its parameters.
 */
public final class HostileCoverage {
  /** An id at a word's start, or right after another. */
  private static final Pattern ID =
      Pattern.compile("(?:(?<=[TPSBtpsb]\\d{4})|(?<![A-Za-z0-9]))[TPSBtpsb]\\d{4}(?!\\d)");

  private HostileCoverage() {}

  /**
   * Checks that the tests name exactly the cases that the list says they do.
   *
   * @param test a class of the module's tests
   * @param list a resource beside it
   */
  public static void check(Class<?> test, String list) {
    CoverageList.check(test, list, named(test));
  }

  private static Set<String> named(Class<?> test) {
    try {
      Path root = Path.of(test.getProtectionDomain().getCodeSource().getLocation().toURI());
      Set<String> ids = new TreeSet<>();
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
          for (String text : texts(Files.readAllBytes(file))) {
            Matcher matcher = ID.matcher(text);
            while (matcher.find()) {
              ids.add(matcher.group().toUpperCase(Locale.ROOT));
            }
          }
        }
      }
      return ids;
    } catch (IOException | URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** Names and string constants of a class: its constant pool's texts (JVMS 4.4). */
  private static List<String> texts(byte[] classFile) throws IOException {
    List<String> texts = new ArrayList<>();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile));
    in.skipNBytes(8);
    int count = in.readUnsignedShort();
    for (int i = 1; i < count; i++) {
      int tag = in.readUnsignedByte();
      switch (tag) {
        case 1 -> texts.add(in.readUTF());
        case 5, 6 -> {
          in.skipNBytes(8);
          i++; // Longs and doubles take two entries.
        }
        case 7, 8, 16, 19, 20 -> in.skipNBytes(2);
        case 15 -> in.skipNBytes(3);
        default -> in.skipNBytes(4);
      }
    }
    return texts;
  }
}
