package dev.virtio4j.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A list of what a module's tests show, one a line: an id, a tab, and {@code tested} or {@code left
 * out: why}.
 */
final class CoverageList {
  private static final String TESTED = "tested";
  private static final String LEFT_OUT = "left out: ";

  private CoverageList() {}

  /** Checks that the tests name exactly what the list, a resource beside one of them, says. */
  static void check(Class<?> test, String list, Set<String> named) {
    Map<String, String> rows = rows(test, list);
    assertThat(rows.values())
        .as("what became of each row of %s", list)
        .allMatch(fate -> fate.equals(TESTED) || fate.startsWith(LEFT_OUT));
    Set<String> tested =
        rows.entrySet().stream()
            .filter(row -> row.getValue().equals(TESTED))
            .map(Map.Entry::getKey)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(named).as("rows of %s that tests name", list).containsExactlyElementsOf(tested);
  }

  private static Map<String, String> rows(Class<?> test, String list) {
    try (InputStream in = test.getResourceAsStream(list)) {
      assertThat(in).as(list).isNotNull();
      Map<String, String> rows = new TreeMap<>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          int tab = line.indexOf('\t');
          assertThat(tab).as("the tab in '%s'", line).isPositive();
          assertThat(rows.put(line.substring(0, tab), line.substring(tab + 1))).as(line).isNull();
        }
      }
      return rows;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
