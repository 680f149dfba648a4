package dev.virtio4j.guest;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.io.IOUtils;

/**
 * The modules of one kernel, in an order in which they can be loaded.
 *
 * <p>Dependencies are read from the modules themselves: a distribution's package has no {@code
 * modules.dep} before it is installed.
 */
public final class KernelModules {
  private static final long MAX_MODULE_BYTES = 64L << 20;

  private final Path folder;
  private final Map<String, Path> files;
  private final Set<String> builtIn;

  private KernelModules(Path folder, Map<String, Path> files, Set<String> builtIn) {
    this.folder = folder;
    this.files = files;
    this.builtIn = builtIn;
  }

  /**
   * Looks through a folder of modules.
   *
   * @param folder for example {@code /lib/modules/6.1.0-56-amd64}
   * @return its modules
   * @throws IOException if it cannot be read
   */
  public static KernelModules in(Path folder) throws IOException {
    Map<String, Path> files = new HashMap<>();
    try (Stream<Path> walk = Files.walk(folder)) {
      walk.filter(p -> p.getFileName().toString().matches(".*\\.ko(\\.(gz|xz|zst))?"))
          .forEach(p -> files.put(name(p.getFileName().toString()), p));
    }
    Set<String> builtIn = new HashSet<>();
    Path list = folder.resolve("modules.builtin");
    if (Files.exists(list)) {
      for (String line : Files.readAllLines(list)) {
        builtIn.add(name(line.substring(line.lastIndexOf('/') + 1)));
      }
    }
    return new KernelModules(folder, files, builtIn);
  }

  /**
   * No modules: for a kernel that has all it needs built in.
   *
   * @return modules of which each one asked for counts as built in
   */
  public static KernelModules none() {
    return new KernelModules(Path.of("(none)"), Map.of(), Set.of());
  }

  private static String name(String file) {
    int suffix = file.indexOf(".ko");
    return (suffix < 0 ? file : file.substring(0, suffix)).replace('-', '_');
  }

  /**
   * Reads modules and all that they depend on.
   *
   * @param wanted names of modules, with {@code -} or {@code _}; those built into the kernel are
   *     left out
   * @return each module's name and its uncompressed content, in loading order
   * @throws IOException if one is missing or cannot be read
   */
  public Map<String, byte[]> load(List<String> wanted) throws IOException {
    Map<String, byte[]> loaded = new LinkedHashMap<>();
    for (String name : wanted) {
      add(name.replace('-', '_'), loaded, new ArrayList<>());
    }
    return loaded;
  }

  private void add(String name, Map<String, byte[]> loaded, List<String> above) throws IOException {
    if (loaded.containsKey(name) || builtIn.contains(name) || files.isEmpty()) {
      return;
    }
    if (above.contains(name)) {
      throw new GuestException("modules in " + folder + " depend on each other: " + above);
    }
    Path file = files.get(name);
    if (file == null) {
      throw new GuestException(
          "the kernel of " + folder + " has no module " + name + (above.isEmpty() ? "" : above));
    }
    byte[] content = read(file);
    above.add(name);
    for (String dependency : dependencies(content, file)) {
      add(dependency, loaded, above);
    }
    above.remove(name);
    loaded.put(name, content);
  }

  private static List<String> dependencies(byte[] content, Path file) throws GuestException {
    ElfFile elf =
        ElfFile.parse(content)
            .orElseThrow(() -> new GuestException(file + " is no 64-bit kernel module"));
    List<String> names = new ArrayList<>();
    for (String entry : elf.moduleInfo()) {
      if (entry.startsWith("depends=")) {
        for (String name : entry.substring("depends=".length()).split(",")) {
          if (!name.isEmpty()) {
            names.add(name.replace('-', '_'));
          }
        }
      }
    }
    return names;
  }

  private static byte[] read(Path file) throws IOException {
    if (Files.size(file) > MAX_MODULE_BYTES) {
      throw new GuestException(file + " is too large for a kernel module");
    }
    String name = file.toString();
    if (name.endsWith(".gz")) {
      try (GZIPInputStream in =
          new GZIPInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
        return IOUtils.toByteArray(in);
      }
    }
    if (name.endsWith(".xz")) {
      return HostProgram.output(List.of("xz", "-dc", name));
    }
    if (name.endsWith(".zst")) {
      return HostProgram.output(List.of("zstd", "-dcq", name));
    }
    return Files.readAllBytes(file);
  }
}
