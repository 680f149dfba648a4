package dev.virtio4j.testing;

import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Holds a module's tests against its list of the standard's device requirements, one a line: the
 * row's id, a tab, and {@code tested} or {@code left out: why}.
 */
public final class NormativeCoverage {
  private NormativeCoverage() {}

  /**
   * Checks that the tests name exactly the rows that the list says they do.
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
      try (Stream<Path> files = Files.walk(root)) {
        return files
            .map(file -> root.relativize(file).toString())
            .filter(name -> name.endsWith(".class") && !name.endsWith("module-info.class"))
            .map(name -> name.substring(0, name.length() - 6).replace('/', '.'))
            .flatMap(name -> named(name, test.getClassLoader()))
            .collect(Collectors.toCollection(TreeSet::new));
      }
    } catch (IOException | URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static Stream<String> named(String name, ClassLoader loader) {
    try {
      Class<?> type = Class.forName(name, false, loader);
      List<AnnotatedElement> places =
          Stream.<AnnotatedElement>concat(Stream.of(type), Arrays.stream(type.getDeclaredMethods()))
              .toList();
      return places.stream()
          .flatMap(place -> Arrays.stream(place.getAnnotationsByType(Normative.class)))
          .map(Normative::value);
    } catch (ClassNotFoundException | NoClassDefFoundError e) {
      throw new AssertionError(name, e);
    }
  }
}
