package dev.virtio4j.cli.spec;

import com.fasterxml.jackson.databind.JsonNode;
import dev.virtio4j.cli.command.Suggestions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads a configuration file:
 *
 * <pre>{"devices": [{"device": "blk", "socket": "/run/a.sock", "image": "disk.img"}], "loops": 2}
 * </pre>
 */
public final class ConfigFile {
  /** A thousand devices take some 200 KiB. */
  private static final int MAX_BYTES = 1 << 20;

  private static final List<String> KEYS =
      List.of("devices", "loops", "poll-us", "log-level", "metrics", "control");

  private final List<String> problems;

  private ConfigFile(List<String> problems) {
    this.problems = problems;
  }

  /**
   * Reads a file.
   *
   * @param file which
   * @param problems gets a line for each error, with file, line, column and JSON path
   * @return what was understood
   */
  public static ServeConfig read(Path file, List<String> problems) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException missing) {
      problems.add(file + ": there is no such file");
      return ServeConfig.NONE;
    } catch (IOException unreadable) {
      problems.add(file + ": cannot be read: " + unreadable.getMessage());
      return ServeConfig.NONE;
    }
    if (bytes.length > MAX_BYTES) {
      problems.add(file + ": is larger than " + MAX_BYTES + " bytes");
      return ServeConfig.NONE;
    }
    return parse(file.toString(), bytes, problems);
  }

  static ServeConfig parse(String name, byte[] bytes, List<String> problems) {
    Located root;
    try {
      root = new JsonReader(name, problems).read(bytes);
    } catch (IOException unreadable) {
      problems.add(name + ": cannot be read: " + unreadable.getMessage());
      return ServeConfig.NONE;
    }
    return root == null ? ServeConfig.NONE : new ConfigFile(problems).config(root);
  }

  private ServeConfig config(Located root) {
    if (!(root instanceof Located.Members object)) {
      problems.add(root.source().problem("must be an object, not " + root.kind()));
      return ServeConfig.NONE;
    }
    List<DeviceDraft> devices = new ArrayList<>();
    for (Map.Entry<String, Located> member : object.members().entrySet()) {
      if (!KEYS.contains(member.getKey())) {
        problems.add(
            member
                .getValue()
                .source()
                .problem(
                    "unknown key '"
                        + member.getKey()
                        + "'"
                        + Suggestions.didYouMean(member.getKey(), KEYS)
                        + "; there are "
                        + String.join(", ", KEYS)));
      }
    }
    Located list = object.members().get("devices");
    if (list instanceof Located.Elements array) {
      array.elements().forEach(element -> device(element, devices));
      if (array.elements().isEmpty()) {
        problems.add(list.source().problem("no device"));
      }
    } else if (list == null) {
      problems.add(object.source().problem("has no \"devices\", an array of objects"));
    } else {
      problems.add(list.source().problem("must be an array of objects, not " + list.kind()));
    }
    return new ServeConfig(
        devices,
        number(object, "loops", 1, ServeLimits.MAX_LOOPS),
        number(object, "poll-us", 0, ServeLimits.MAX_POLL_MICROS),
        setting(object, "log-level"),
        setting(object, "metrics"),
        setting(object, "control"));
  }

  private void device(Located element, List<DeviceDraft> devices) {
    if (!(element instanceof Located.Members object)) {
      problems.add(element.source().problem("must be an object, not " + element.kind()));
      return;
    }
    Located name = object.members().get("device");
    if (name == null) {
      problems.add(object.source().problem("has no \"device\", such as \"blk\""));
      return;
    }
    if (!name.json().isTextual()) {
      problems.add(name.source().problem("must be a string, not " + name.kind()));
      return;
    }
    List<DeviceDraft.Entry> entries = new ArrayList<>();
    object
        .members()
        .forEach(
            (key, value) -> {
              if (!key.equals("device")) {
                entries.add(new DeviceDraft.Entry(key, value.json(), value.source()));
              }
            });
    devices.add(new DeviceDraft(object.source(), name.json().textValue(), name.source(), entries));
  }

  private Integer number(Located.Members object, String key, int least, int most) {
    Located value = object.members().get(key);
    if (value == null) {
      return null;
    }
    JsonNode json = value.json();
    if (!json.isIntegralNumber()
        || !json.canConvertToInt()
        || json.intValue() < least
        || json.intValue() > most) {
      problems.add(value.source().problem("must be a whole number from " + least + " to " + most));
      return null;
    }
    return json.intValue();
  }

  private Setting setting(Located.Members object, String key) {
    Located value = object.members().get(key);
    if (value == null) {
      return null;
    }
    if (!value.json().isTextual()) {
      problems.add(value.source().problem("must be a string, not " + value.kind()));
      return null;
    }
    return new Setting(value.source().text() + ":", value.json().textValue());
  }
}
