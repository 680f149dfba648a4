package dev.virtio4j.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Finds programs in a tree of unpacked packages, with the loader and libraries that they need. */
final class GuestPrograms {
  private static final int MAX_LINKS = 16;

  private final Path tree;
  private final Map<String, Path> libraries = new HashMap<>();

  GuestPrograms(Path tree) throws IOException {
    this.tree = tree;
    for (String folder : new String[] {"lib", "usr/lib", "lib64", "usr/lib64"}) {
      if (Files.isDirectory(tree.resolve(folder))) {
        try (Stream<Path> walk = Files.walk(tree.resolve(folder), 2)) {
          walk.filter(p -> p.getFileName().toString().contains(".so"))
              .sorted()
              .forEach(p -> libraries.putIfAbsent(p.getFileName().toString(), p));
        }
      }
    }
  }

  /**
   * Collects a program's files.
   *
   * @param name the program's name, looked for in the tree's bin and sbin folders
   * @return paths in the guest with the files on the host; empty where the tree lacks the program
   * @throws IOException if a file cannot be read, or the tree lacks a library
   */
  Map<String, Path> collect(String name) throws IOException {
    Optional<Path> program =
        Stream.of("sbin", "usr/sbin", "bin", "usr/bin")
            .map(folder -> tree.resolve(folder).resolve(name))
            .filter(p -> Files.exists(p, LinkOption.NOFOLLOW_LINKS))
            .findFirst();
    Map<String, Path> files = new TreeMap<>();
    if (program.isEmpty()) {
      return files;
    }
    Deque<Path> open = new ArrayDeque<>();
    Path real = resolve(program.get());
    files.put("bin/" + name, real);
    open.add(real);
    while (!open.isEmpty()) {
      Path file = open.remove();
      Optional<ElfFile> elf = ElfFile.parse(Files.readAllBytes(file));
      if (elf.isEmpty()) {
        continue; // A script, or a program for another machine: nothing to look into.
      }
      elf.get()
          .interpreter()
          .ifPresent(
              loader -> {
                Path found = libraries.get(loader.substring(loader.lastIndexOf('/') + 1));
                if (found != null) {
                  files.put(loader.substring(1), found);
                }
              });
      for (String library : elf.get().needed()) {
        if (library.startsWith("ld-linux")) {
          continue; // The loader, which is there already.
        }
        Path found = libraries.get(library);
        if (found == null) {
          throw new GuestException(name + " needs " + library + ", which is not in " + tree);
        }
        if (files.putIfAbsent("lib/" + library, found) == null) {
          open.add(resolve(found));
        }
      }
    }
    files.replaceAll(
        (guestPath, file) -> {
          try {
            return resolve(file);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return files;
  }

  /** Follows links inside the tree: an absolute one means the tree's root, not the host's. */
  private Path resolve(Path file) throws IOException {
    Path at = file;
    for (int i = 0; i < MAX_LINKS; i++) {
      if (!Files.isSymbolicLink(at)) {
        return at;
      }
      Path target = Files.readSymbolicLink(at);
      at =
          target.isAbsolute()
              ? tree.resolve(target.toString().substring(1))
              : at.resolveSibling(target).normalize();
    }
    throw new GuestException("too many links: " + file);
  }
}
