package dev.virtio4j.guest;

import dev.virtio4j.guest.GuestUnavailableException.Lack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds what guests are made of: what the environment names first, then what the cache has, then
 * what the distribution's packages offer.
 *
 * <p>Variables: {@code VIRTIO4J_UML} names a {@code linux.uml}, {@code VIRTIO4J_UML_MODULES} its
 * modules' folder, {@code VIRTIO4J_BUSYBOX} a static busybox, {@code VIRTIO4J_KERNEL} and {@code
 * VIRTIO4J_KERNEL_MODULES} a kernel for QEMU.
 */
public final class GuestParts {
  static final String HOW_TO_GO_ON =
      "Or name a User-mode Linux kernel and a static busybox of your own with the environment"
          + " variables VIRTIO4J_UML and VIRTIO4J_BUSYBOX.";

  private final GuestCache cache;
  private final Map<String, String> environment;
  private final FetchProgress progress;

  /**
   * Creates a finder.
   *
   * @param cache where fetched parts are kept
   * @param environment variables that may name parts
   * @param progress hears what is fetched
   */
  public GuestParts(GuestCache cache, Map<String, String> environment, FetchProgress progress) {
    this.cache = cache;
    this.environment = Map.copyOf(environment);
    this.progress = progress;
  }

  /**
   * A finder with the user's cache and environment.
   *
   * @param progress hears what is fetched
   * @return the finder
   */
  public static GuestParts ofUser(FetchProgress progress) {
    return new GuestParts(GuestCache.ofUser(), System.getenv(), progress);
  }

  /**
   * A kernel to boot.
   *
   * @param image {@code linux.uml} or {@code vmlinuz}
   * @param modules its modules
   */
  public record Kernel(Path image, KernelModules modules) {}

  /**
   * Programs for the inside of a guest.
   *
   * @param busybox a static busybox
   * @param tree unpacked packages with e2fsprogs and perl, or empty where only busybox can be had
   */
  public record Userland(Path busybox, Optional<Path> tree) {}

  /**
   * User-mode Linux.
   *
   * @return the kernel
   * @throws GuestUnavailableException if it is not named, not in the cache, and cannot be fetched
   * @throws IOException if a file cannot be read
   */
  public Kernel uml() throws IOException {
    Optional<Path> named = named("VIRTIO4J_UML");
    if (named.isPresent()) {
      Path uml = named.get();
      Optional<Path> modules = named("VIRTIO4J_UML_MODULES");
      if (modules.isPresent()) {
        return new Kernel(uml, KernelModules.in(modules.get()));
      }
      Path beside = uml.toAbsolutePath().resolveSibling("../lib/uml/modules").normalize();
      return new Kernel(
          uml,
          Files.isDirectory(beside) ? KernelModules.in(onlyFolder(beside)) : KernelModules.none());
    }
    requireX86Linux();
    Path tree =
        machinePackages().unpacked("user-mode-linux", packages -> List.of("user-mode-linux"));
    return new Kernel(
        file(tree, "usr/bin/linux.uml"),
        KernelModules.in(onlyFolder(file(tree, "usr/lib/uml/modules"))));
  }

  /**
   * Programs for the inside of a guest: busybox, e2fsprogs and perl.
   *
   * @return the programs
   * @throws GuestUnavailableException if they are not named, not in the cache, and cannot be
   *     fetched
   * @throws IOException if a file cannot be read
   */
  public Userland userland() throws IOException {
    Optional<Path> named = named("VIRTIO4J_BUSYBOX");
    if (named.isPresent() && !cache.has("userland")) {
      return new Userland(named.get(), Optional.empty());
    }
    requireX86Linux();
    Path tree =
        machinePackages()
            .unpacked(
                "userland",
                packages -> {
                  List<String> names = new ArrayList<>(List.of("busybox-static"));
                  names.addAll(
                      packages.closure(
                          List.of("e2fsprogs", "perl-base"), name -> name.startsWith("lib")));
                  return names;
                });
    Path busybox = named.isPresent() ? named.get() : busybox(tree);
    return new Userland(busybox, Optional.of(tree));
  }

  private static Path busybox(Path tree) throws GuestUnavailableException {
    return Stream.of("bin/busybox", "usr/bin/busybox")
        .map(tree::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(() -> missing("busybox", tree));
  }

  /**
   * The distribution's kernel for virtual machines, to be booted by QEMU.
   *
   * @return the kernel
   * @throws GuestUnavailableException if it is not named, not in the cache, and cannot be fetched
   * @throws IOException if a file cannot be read
   */
  public Kernel linux() throws IOException {
    Optional<Path> named = named("VIRTIO4J_KERNEL");
    if (named.isPresent()) {
      Optional<Path> modules = named("VIRTIO4J_KERNEL_MODULES");
      return new Kernel(
          named.get(),
          modules.isPresent() ? KernelModules.in(modules.get()) : KernelModules.none());
    }
    requireX86Linux();
    return kernel(machinePackages().unpacked("linux-image", GuestParts::kernelPackages));
  }

  /**
   * The kernel of a release's backports, newer than the distribution's own.
   *
   * @param codename the release, for example {@code bookworm}
   * @return the kernel
   * @throws GuestUnavailableException if it is not in the cache and cannot be fetched
   * @throws IOException if a file cannot be read
   */
  public Kernel linuxBackport(String codename) throws IOException {
    requireX86Linux();
    PackageSource source = PackageSource.debianBackports(codename);
    return kernel(
        new DebianPackages(cache, source, progress)
            .unpacked("linux-image-" + source.name(), GuestParts::kernelPackages));
  }

  /** Ubuntu's image, and Debian's of newer kernels, depends on the packages of its parts. */
  private static List<String> kernelPackages(DebianPackages packages) throws IOException {
    GuestUnavailableException notFound = null;
    for (String meta : List.of("linux-image-cloud-amd64", "linux-image-virtual")) {
      try {
        List<String> names = new ArrayList<>();
        for (String image : packages.dependencies(meta)) {
          if (image.matches("linux-image-[0-9].*")) {
            names.add(image);
            packages.dependencies(image).stream()
                .filter(name -> name.matches("linux-(base|binary|modules)-[0-9].*"))
                .forEach(names::add);
          }
        }
        if (!names.isEmpty()) {
          return names;
        }
      } catch (GuestUnavailableException e) {
        notFound = e;
      }
    }
    throw notFound != null
        ? notFound
        : new GuestUnavailableException(
            Lack.PACKAGE, "The distribution has no kernel for virtual machines.", HOW_TO_GO_ON);
  }

  private static Kernel kernel(Path tree) throws IOException {
    Path merged = tree.resolve("lib/modules");
    Path modules = onlyFolder(Files.isDirectory(merged) ? merged : file(tree, "usr/lib/modules"));
    Path beside = modules.resolve("vmlinuz");
    return new Kernel(Files.exists(beside) ? beside : inBoot(tree), KernelModules.in(modules));
  }

  private static Path inBoot(Path tree) throws IOException {
    try (Stream<Path> boot = Files.list(file(tree, "boot"))) {
      return boot.filter(p -> p.getFileName().toString().startsWith("vmlinuz-"))
          .findFirst()
          .orElseThrow(() -> missing("boot/vmlinuz", tree));
    }
  }

  /**
   * QEMU of a release's backports with its libraries, beside whatever QEMU is installed.
   *
   * @param codename the release, for example {@code bookworm}
   * @return the program
   * @throws GuestUnavailableException if it is not in the cache and cannot be fetched
   * @throws IOException if it cannot be run
   */
  public QemuProgram qemuBackport(String codename) throws IOException {
    requireX86Linux();
    PackageSource source = PackageSource.debianBackports(codename);
    Path tree =
        new DebianPackages(cache, source, progress)
            .unpacked(
                "qemu-" + source.name(),
                packages -> packages.closure(List.of("qemu-system-x86"), GuestParts::isOfQemu));
    return QemuProgram.unpacked(tree);
  }

  /** The host's own C library serves: a second one would need its own loader as well. */
  private static boolean isOfQemu(String name) {
    boolean libc = name.equals("libc6") || name.equals("libc-bin");
    return !libc
        && (name.startsWith("lib")
            || name.startsWith("qemu-system-")
            || name.equals("seabios")
            || name.equals("ipxe-qemu")
            || name.equals("zlib1g"));
  }

  private DebianPackages machinePackages() {
    return new DebianPackages(cache, PackageSource.MACHINE, progress);
  }

  private Optional<Path> named(String variable) throws GuestUnavailableException {
    String value = environment.getOrDefault(variable, "");
    if (value.isEmpty()) {
      return Optional.empty();
    }
    Path path = Path.of(value);
    if (!Files.exists(path)) {
      throw new GuestUnavailableException(
          Lack.PROGRAM,
          variable + " names " + value + ", which is not there.",
          "Correct it, or unset it to have the part fetched.");
    }
    return Optional.of(path);
  }

  private static void requireX86Linux() throws GuestUnavailableException {
    String os = System.getProperty("os.name");
    String cpu = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    if (!os.equals("Linux") || !(cpu.equals("amd64") || cpu.equals("x86_64"))) {
      throw new GuestUnavailableException(
          Lack.HOST,
          "Guests are fetched for Linux on x86-64; this is " + os + " on " + cpu + ".",
          "Run this on such a machine, for example in a virtual machine.");
    }
  }

  private static Path file(Path tree, String name) throws GuestUnavailableException {
    Path file = tree.resolve(name);
    if (!Files.exists(file)) {
      throw missing(name, tree);
    }
    return file;
  }

  private static GuestUnavailableException missing(String name, Path tree) {
    return new GuestUnavailableException(
        Lack.PROGRAM,
        "There is no " + name + " in " + tree + ".",
        "Remove that folder and try again.");
  }

  private static Path onlyFolder(Path folder) throws IOException {
    try (Stream<Path> list = Files.list(folder)) {
      return list.filter(Files::isDirectory)
          .sorted()
          .findFirst()
          .orElseThrow(() -> missing("folder of modules", folder));
    }
  }
}
