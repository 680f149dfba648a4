package dev.virtio4j.guest;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * A guest's first and only root filesystem: busybox, programs, kernel modules, and an init that
 * runs what the host sends over the console. The same parts give the same bytes.
 */
public final class Initramfs {
  /** What disk tests need: the filesystem's tools, and perl for the load generator. */
  private static final List<String> PROGRAMS =
      List.of("mke2fs", "e2fsck", "resize2fs", "tune2fs", "dumpe2fs", "perl");

  private static final List<String> DATA_FILES =
      List.of(
          "etc/mke2fs.conf",
          "usr/lib/x86_64-linux-gnu/perl-base/strict.pm",
          "usr/lib/x86_64-linux-gnu/perl-base/warnings.pm");

  private final Map<String, byte[]> modules;
  private final SortedMap<String, Content> files;

  /** A file, or where there is a target, a link. */
  private static final class Content {
    final int permissions;
    final byte[] bytes;
    final String linkTarget;

    Content(int permissions, byte[] bytes, String linkTarget) {
      this.permissions = permissions;
      this.bytes = bytes;
      this.linkTarget = linkTarget;
    }
  }

  private Initramfs(Map<String, byte[]> modules, SortedMap<String, Content> files) {
    this.modules = modules;
    this.files = files;
  }

  /**
   * Starts a builder.
   *
   * @param userland the programs for the guest's inside
   * @return a builder without modules
   */
  public static Builder builder(GuestParts.Userland userland) {
    return new Builder(userland);
  }

  /**
   * Writes the archive, compressed with gzip.
   *
   * @param file where to
   * @throws IOException if it cannot be written
   */
  public void writeTo(Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
        CpioArchive archive =
            new CpioArchive(new BufferedOutputStream(new FastGzip(out), 1 << 16))) {
      TreeSet<String> folders = new TreeSet<>(List.of("dev", "proc", "sys", "run", "tmp", "mnt"));
      List<String> names = new ArrayList<>(files.keySet());
      modules.keySet().forEach(name -> names.add(modulePath(name)));
      for (String name : names) {
        for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
          folders.add(name.substring(0, slash));
        }
      }
      for (String folder : folders) {
        archive.folder(folder);
      }
      // init's standard streams, before it can mount anything.
      archive.characterDevice("dev/console", 5, 1);
      for (Map.Entry<String, Content> entry : files.entrySet()) {
        Content content = entry.getValue();
        if (content.linkTarget != null) {
          archive.link(entry.getKey(), content.linkTarget);
        } else {
          archive.file(entry.getKey(), content.permissions, content.bytes);
        }
      }
      for (Map.Entry<String, byte[]> module : modules.entrySet()) {
        archive.file(modulePath(module.getKey()), 0644, module.getValue());
      }
    }
  }

  private static String modulePath(String name) {
    return "v4j/modules/" + name + ".ko";
  }

  /** Each boot packs anew: speed matters more than size. */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out, 1 << 16);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }

  /** Collects the parts of an initramfs. */
  public static final class Builder {
    private final GuestParts.Userland userland;
    private final TreeMap<String, Content> files = new TreeMap<>();
    private Map<String, byte[]> modules = Map.of();

    private Builder(GuestParts.Userland userland) {
      this.userland = userland;
    }

    /**
     * Sets the modules that init loads, each after those that it depends on.
     *
     * @param available the kernel's modules
     * @param names which
     * @return this
     * @throws IOException if one is missing
     */
    public Builder modules(KernelModules available, List<String> names) throws IOException {
      modules = available.load(names);
      return this;
    }

    /**
     * Adds a file, or replaces one.
     *
     * @param name its path, without a leading slash
     * @param permissions for example 0755
     * @param bytes its content
     * @return this
     */
    public Builder file(String name, int permissions, byte[] bytes) {
      files.put(name, new Content(permissions, bytes.clone(), null));
      return this;
    }

    /**
     * Reads all parts.
     *
     * @return the initramfs
     * @throws IOException if a part cannot be read
     */
    public Initramfs build() throws IOException {
      TreeMap<String, Content> all = new TreeMap<>();
      all.put("bin/busybox", new Content(0755, Files.readAllBytes(userland.busybox()), null));
      // init makes the links to the rest: only busybox knows its own applets.
      all.put("bin/sh", new Content(0777, new byte[0], "busybox"));
      all.put("init", new Content(0755, resource("init.sh"), null));
      all.put("bin/v4j", new Content(0755, resource("v4j.sh"), null));
      all.put("bin/disk-demo", new Content(0755, resource("disk-demo.sh"), null));
      all.put("bin/disk-load", new Content(0755, resource("disk-load.pl"), null));
      all.put(
          "v4j/load",
          new Content(
              0644,
              (String.join("\n", modules.keySet()) + "\n").getBytes(StandardCharsets.UTF_8),
              null));
      if (userland.tree().isPresent()) {
        addPrograms(userland.tree().get(), all);
      }
      all.putAll(files);
      return new Initramfs(modules, all);
    }

    private static void addPrograms(Path tree, SortedMap<String, Content> all) throws IOException {
      GuestPrograms programs = new GuestPrograms(tree);
      for (String name : PROGRAMS) {
        for (Map.Entry<String, Path> file : programs.collect(name).entrySet()) {
          if (!all.containsKey(file.getKey())) {
            all.put(file.getKey(), new Content(0755, Files.readAllBytes(file.getValue()), null));
          }
        }
      }
      // Busybox's shell prefers its own mke2fs, which knows no ext4, to a file of that name.
      all.put("bin/mkfs.ext4", new Content(0777, new byte[0], "mke2fs"));
      for (String name : DATA_FILES) {
        Path file = tree.resolve(name);
        if (Files.exists(file)) {
          all.put(name, new Content(0644, Files.readAllBytes(file), null));
        }
      }
    }

    private static byte[] resource(String name) {
      try (InputStream in = Initramfs.class.getResourceAsStream(name)) {
        if (in == null) {
          throw new IllegalStateException("not in this jar: " + name);
        }
        return in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
