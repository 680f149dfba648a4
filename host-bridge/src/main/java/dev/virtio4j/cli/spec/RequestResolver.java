package dev.virtio4j.cli.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.cli.command.Suggestions;
import dev.virtio4j.device.VirtioDeviceProvider;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes requests from drafts: takes the transport's keys, checks that all others are known. */
public final class RequestResolver {
  /** The keys that every device takes. */
  public static final List<String> TRANSPORT_KEYS =
      List.of("socket", "fd", "inband", "loop", "name");

  /** The longest path that sun_path holds, with its final zero. */
  private static final int MAX_SOCKET_PATH = 107;

  private static final String NAME_PATTERN = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

  private final Map<String, VirtioDeviceProvider> providers;
  private final SocketActivation activation;
  private final List<String> problems;
  private final Set<String> names = new HashSet<>();
  private final Set<Path> sockets = new HashSet<>();
  private final Set<Integer> descriptors = new HashSet<>();
  private final Map<String, Integer> unnamed = new HashMap<>();

  /**
   * Makes one for one server.
   *
   * @param providers by name
   * @param activation descriptors that were handed over
   * @param problems gets a line for each error
   */
  public RequestResolver(
      Map<String, VirtioDeviceProvider> providers,
      SocketActivation activation,
      List<String> problems) {
    this.providers = Map.copyOf(providers);
    this.activation = activation;
    this.problems = problems;
  }

  /**
   * Checks all devices of a server.
   *
   * @param drafts as they were written
   * @return those that have no problem
   */
  public List<DeviceRequest> resolve(List<DeviceDraft> drafts) {
    // Named descriptors first: those that are taken in order come after.
    for (DeviceDraft draft : drafts) {
      String fd = text(draft, "fd");
      if (fd != null) {
        int number = descriptor(fd);
        if (number >= 0 && !descriptors.add(number)) {
          problems.add(entry(draft, "fd").source().problem("fd " + number + " is taken already"));
        }
      }
    }
    List<DeviceRequest> requests = new ArrayList<>();
    for (DeviceDraft draft : drafts) {
      int before = problems.size();
      DeviceRequest request = resolve(draft);
      if (problems.size() == before) {
        requests.add(request);
      }
    }
    if (requests.size() == drafts.size()) {
      checkThatAllAreTaken();
    }
    return requests;
  }

  /** A guest that waits on a socket which nobody serves would wait for ever. */
  private void checkThatAllAreTaken() {
    List<String> names = activation.names();
    for (int i = 0; i < names.size(); i++) {
      int fd = SocketActivation.FIRST + i;
      if (!descriptors.contains(fd)) {
        problems.add(
            "LISTEN_FDS: no device takes socket "
                + fd
                + (names.get(i).isEmpty() ? "" : " (" + names.get(i) + ")")
                + "; "
                + names.size()
                + (names.size() == 1 ? " was" : " were")
                + " handed over: add a device without 'socket', or hand over fewer");
      }
    }
  }

  private DeviceRequest resolve(DeviceDraft draft) {
    VirtioDeviceProvider provider = providers.get(draft.device());
    if (provider == null) {
      problems.add(
          draft
              .deviceSource()
              .problem(
                  "unknown device '"
                      + draft.device()
                      + "'"
                      + Suggestions.didYouMean(draft.device(), providers.keySet())
                      + "; there is "
                      + String.join(", ", providers.keySet().stream().sorted().toList())));
      return null;
    }
    ObjectNode options = options(draft, provider);
    if (!transportTypes(draft)) {
      return null;
    }
    return new DeviceRequest(
        draft,
        provider,
        name(draft),
        socket(draft),
        adopted(draft),
        inband(draft),
        loop(draft),
        options);
  }

  private ObjectNode options(DeviceDraft draft, VirtioDeviceProvider provider) {
    List<String> known = provider.options().stream().map(VirtioDeviceProvider.Option::key).toList();
    List<String> all = new ArrayList<>(known);
    all.addAll(TRANSPORT_KEYS);
    ObjectNode options = JsonNodeFactory.instance.objectNode();
    for (DeviceDraft.Entry entry : draft.entries()) {
      if (known.contains(entry.key())) {
        options.set(entry.key(), entry.value());
      } else if (!TRANSPORT_KEYS.contains(entry.key())) {
        problems.add(
            entry
                .source()
                .problem(
                    "unknown key '"
                        + entry.key()
                        + "'"
                        + Suggestions.didYouMean(entry.key(), all)
                        + "; "
                        + draft.device()
                        + " takes "
                        + String.join(", ", all)));
      }
    }
    for (VirtioDeviceProvider.Option option : provider.options()) {
      if (option.required() && entry(draft, option.key()) == null) {
        problems.add(
            draft
                .source()
                .problem(
                    "'"
                        + option.key()
                        + "' is missing; write "
                        + option.key()
                        + "="
                        + option.value()
                        + " ("
                        + option.meaning()
                        + ")"));
      }
    }
    return options;
  }

  /** Checks the JSON types of the transport's values; on a command line all are strings. */
  private boolean transportTypes(DeviceDraft draft) {
    int before = problems.size();
    for (DeviceDraft.Entry entry : draft.entries()) {
      JsonNode value = entry.value();
      switch (entry.key()) {
        case "socket", "name", "loop" -> {
          if (!value.isTextual()) {
            problems.add(entry.source().problem("must be a string, not " + value));
          }
        }
        case "fd" -> {
          if (!value.isTextual() && !value.isIntegralNumber()) {
            problems.add(entry.source().problem("must be a number or a name, not " + value));
          }
        }
        case "inband" -> {
          if (!value.isTextual() && !value.isBoolean()) {
            problems.add(entry.source().problem("must be true or false, not " + value));
          }
        }
        default -> {}
      }
    }
    return problems.size() == before;
  }

  private String name(DeviceDraft draft) {
    String name = text(draft, "name");
    if (name == null) {
      int number = unnamed.merge(draft.device(), 1, Integer::sum) - 1;
      name = draft.device() + number;
      while (!names.add(name)) {
        number = unnamed.merge(draft.device(), 1, Integer::sum) - 1;
        name = draft.device() + number;
      }
      return name;
    }
    Source source = entry(draft, "name").source();
    if (!name.matches(NAME_PATTERN)) {
      problems.add(
          source.problem(
              "'name' is letters, digits, '.', '_' and '-', 64 at most, not '" + name + "'"));
    } else if (!names.add(name)) {
      problems.add(source.problem("another device has the name '" + name + "'"));
    }
    return name;
  }

  private Path socket(DeviceDraft draft) {
    String text = text(draft, "socket");
    if (text == null) {
      return null;
    }
    Source source = entry(draft, "socket").source();
    if (entry(draft, "fd") != null) {
      problems.add(source.problem("has both 'socket' and 'fd'; one is enough"));
    }
    if (text.indexOf('\0') >= 0) {
      problems.add(source.problem("'socket' has a zero character in it"));
      return null;
    }
    Path path = Path.of(text);
    if (text.getBytes(StandardCharsets.UTF_8).length > MAX_SOCKET_PATH) {
      problems.add(
          source.problem(
              "'socket' is longer than "
                  + MAX_SOCKET_PATH
                  + " bytes, which is what the system takes: "
                  + text));
    } else if (!sockets.add(path.toAbsolutePath().normalize())) {
      problems.add(source.problem("another device listens on " + text));
    }
    return path;
  }

  private int adopted(DeviceDraft draft) {
    String text = text(draft, "fd");
    if (text != null) {
      int number = descriptor(text);
      if (number < 0) {
        String handed = String.join(", ", activation.names());
        problems.add(
            entry(draft, "fd")
                .source()
                .problem(
                    "'fd' is the number of a listening socket, 3 or more, or a name in"
                        + " LISTEN_FDNAMES"
                        + (handed.isEmpty() ? "" : " (" + handed + ")")
                        + ", not '"
                        + text
                        + "'"));
      }
      return number;
    }
    if (entry(draft, "socket") != null) {
      return -1;
    }
    int end = SocketActivation.FIRST + activation.names().size();
    for (int fd = SocketActivation.FIRST; fd < end; fd++) {
      if (descriptors.add(fd)) {
        return fd;
      }
    }
    problems.add(draft.source().problem("says not where to listen; write socket=PATH, or fd=N"));
    return -1;
  }

  private int descriptor(String text) {
    if (text.matches("[0-9]{1,7}")) {
      int number = Integer.parseInt(text);
      return number >= SocketActivation.FIRST ? number : -1;
    }
    int index = text.isEmpty() ? -1 : activation.names().indexOf(text);
    return index < 0 ? -1 : SocketActivation.FIRST + index;
  }

  private boolean inband(DeviceDraft draft) {
    String text = text(draft, "inband");
    if (text == null || text.equals("off") || text.equals("false")) {
      return false;
    }
    if (!text.equals("on") && !text.equals("true")) {
      problems.add(
          entry(draft, "inband").source().problem("'inband' is on or off, not '" + text + "'"));
    }
    return true;
  }

  private String loop(DeviceDraft draft) {
    String loop = text(draft, "loop");
    if (loop != null && !loop.matches(NAME_PATTERN)) {
      problems.add(
          entry(draft, "loop")
              .source()
              .problem(
                  "'loop' is letters, digits, '.', '_' and '-', 64 at most, not '" + loop + "'"));
    }
    return loop;
  }

  private static DeviceDraft.Entry entry(DeviceDraft draft, String key) {
    for (DeviceDraft.Entry entry : draft.entries()) {
      if (entry.key().equals(key)) {
        return entry;
      }
    }
    return null;
  }

  private static String text(DeviceDraft draft, String key) {
    DeviceDraft.Entry entry = entry(draft, key);
    return entry == null ? null : entry.value().asText();
  }
}
