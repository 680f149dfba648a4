package dev.virtio4j.cli.spec;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Splits a SPEC: {@code NAME[,KEY=VALUE]...}. A comma in a value is written twice, as QEMU has it;
 * an equals sign in a value stands for itself.
 */
public final class SpecParser {
  /** Longer ones are cut in errors. */
  private static final int SHOWN = 100;

  private final String spec;
  private final Source source;
  private final List<String> problems;

  private SpecParser(String spec, List<String> problems) {
    this.spec = spec;
    this.source =
        new Source("'" + (spec.length() <= SHOWN ? spec : spec.substring(0, SHOWN) + "...") + "'");
    this.problems = problems;
  }

  /**
   * Splits one SPEC.
   *
   * @param spec as it was typed
   * @param problems gets a line for each error
   * @return what was understood; null if that is nothing
   */
  public static DeviceDraft parse(String spec, List<String> problems) {
    return new SpecParser(spec, problems).parse();
  }

  private DeviceDraft parse() {
    int end = spec.indexOf(',');
    String device = end < 0 ? spec : spec.substring(0, end);
    if (device.isEmpty() || device.indexOf('=') >= 0) {
      wrong("begins with the name of a device, such as blk,socket=/run/a.sock,image=disk.img");
      return null;
    }
    List<DeviceDraft.Entry> entries = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    int at = end < 0 ? spec.length() : end + 1;
    if (end == spec.length() - 1 && end >= 0) {
      wrong("ends with a comma");
    }
    while (at < spec.length()) {
      at = entry(at, entries, seen);
    }
    return new DeviceDraft(source, device, source, entries);
  }

  /** Reads one KEY=VALUE; returns where the next begins. */
  private int entry(int from, List<DeviceDraft.Entry> entries, Set<String> seen) {
    int at = from;
    while (at < spec.length() && spec.charAt(at) != '=' && spec.charAt(at) != ',') {
      at++;
    }
    String key = spec.substring(from, at);
    if (at == spec.length() || spec.charAt(at) == ',') {
      wrong(
          key.isEmpty()
              ? "has a comma too many (two commas are one comma inside a value alone)"
              : "'" + key + "' has no value; write " + key + "=VALUE");
      return next(at);
    }
    at++;
    StringBuilder value = new StringBuilder();
    while (at < spec.length()) {
      char c = spec.charAt(at);
      if (c == ',') {
        if (at + 1 == spec.length() || spec.charAt(at + 1) != ',') {
          break;
        }
        at++;
      }
      value.append(c);
      at++;
    }
    if (key.isEmpty()) {
      wrong("has a value without a key: '=" + value + "'");
    } else if (!seen.add(key)) {
      wrong("has the key '" + key + "' twice");
    } else if (value.isEmpty()) {
      wrong("'" + key + "' has an empty value");
    } else {
      entries.add(
          new DeviceDraft.Entry(key, JsonNodeFactory.instance.textNode(value.toString()), source));
    }
    return next(at);
  }

  private int next(int at) {
    if (at == spec.length() - 1) {
      wrong("ends with a comma");
    }
    return at + 1;
  }

  private void wrong(String message) {
    problems.add(source.problem(message));
  }
}
