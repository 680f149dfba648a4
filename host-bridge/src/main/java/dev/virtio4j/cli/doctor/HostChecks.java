package dev.virtio4j.cli.doctor;

import dev.virtio4j.cli.command.Units;
import dev.virtio4j.guest.GuestCache;
import dev.virtio4j.posix.uring.UringFileIo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Looks for everything that virtio4j can use. */
final class HostChecks {
  private static final Pattern VIRTUALIZATION =
      Pattern.compile("^(flags|Features)\\s*:.*\\b(vmx|svm)\\b", Pattern.MULTILINE);

  /** User-mode Linux puts the guest's memory, 256 MiB and more, into /dev/shm. */
  private static final long SHM_BYTES = 320L << 20;

  private final Programs programs;
  private final boolean linux;
  private final String architecture;

  HostChecks(Map<String, String> environment) {
    this.programs = new Programs(environment);
    this.linux = System.getProperty("os.name").equals("Linux");
    this.architecture = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
  }

  List<Check> run() {
    List<Check> checks = new ArrayList<>();
    checks.add(system());
    checks.add(java());
    if (linux) {
      checks.add(kvm());
      checks.add(ioUring());
      checks.add(tun());
      checks.add(sharedMemory());
    }
    checks.add(
        program(
            "qemu",
            architecture.equals("aarch64") ? "qemu-system-aarch64" : "qemu-system-x86_64",
            "a guest machine that attaches to virtio serve; the QEMU guest tests",
            architecture.equals("aarch64") ? "qemu-system-arm" : "qemu-system-x86"));
    checks.add(
        program(
            "qemu-storage-daemon",
            "qemu-storage-daemon",
            "the peer that the benchmarks measure against",
            "qemu-system-common"));
    checks.add(packageTools());
    checks.add(userModeLinux());
    return checks;
  }

  private Check system() {
    String purpose = "serving devices over vhost-user (virtio serve)";
    String found =
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch");
    if (!linux) {
      return Check.missing(
          "system", found, purpose, "vhost-user needs Linux; use a Linux machine or container");
    }
    if (!architecture.equals("amd64") && !architecture.equals("aarch64")) {
      return Check.limited(
          "system", found, purpose, "tried on x86-64 and arm64 alone; others may work");
    }
    return Check.ok("system", found, purpose);
  }

  private static Check java() {
    String found =
        System.getProperty("java.runtime.version") + " in " + System.getProperty("java.home");
    // What runs this is 17 or later: the classes do not load on less.
    return Check.ok("jdk", found, "running virtio4j; 17 is the least");
  }

  private Check kvm() {
    String purpose = "virtual machines at full speed";
    String problem = KernelProbes.kvm();
    if (problem != null) {
      return Check.missing(
          "kvm",
          "/dev/kvm: " + problem,
          purpose,
          Files.exists(Path.of("/dev/kvm"))
              ? "be a member of its group: sudo usermod -aG kvm $USER, then log in again"
              : "turn virtualization on in the firmware, and modprobe kvm_intel or kvm_amd; in a"
                  + " virtual machine or container its host must pass it on");
    }
    if (architecture.equals("amd64") && !VIRTUALIZATION.matcher(cpuInfo()).find()) {
      return Check.limited(
          "kvm",
          "/dev/kvm opens, but the CPU shows neither vmx nor svm: emulated, unusable for Linux",
          purpose,
          "a machine whose CPU virtualizes; until then QEMU runs with -accel tcg");
    }
    return Check.ok("kvm", "/dev/kvm opens, and the CPU stands behind it", purpose);
  }

  private static String cpuInfo() {
    try {
      return Files.readString(Path.of("/proc/cpuinfo"));
    } catch (IOException unreadable) {
      return "";
    }
  }

  private static Check ioUring() {
    String purpose = "disk requests that must wait for the disk, without a thread each";
    String problem = UringFileIo.unavailableReason();
    return problem == null
        ? Check.ok("io_uring", "a ring was set up", purpose)
        : Check.missing(
            "io_uring",
            "io_uring_setup: " + problem,
            purpose,
            "Linux 5.6 or later with /proc/sys/kernel/io_uring_disabled at 0, and a container"
                + " profile that lets it through; without it threads do the work");
  }

  private static Check tun() {
    String purpose = "network devices on a TAP interface";
    String problem = KernelProbes.open("/dev/net/tun");
    return problem == null
        ? Check.ok("tun", "/dev/net/tun opens", purpose)
        : Check.missing(
            "tun",
            "/dev/net/tun: " + problem,
            purpose,
            "modprobe tun; in a container: --device /dev/net/tun --cap-add NET_ADMIN");
  }

  private Check sharedMemory() {
    String purpose = "the memory of User-mode Linux guests";
    try {
      long size = Files.getFileStore(Path.of("/dev/shm")).getTotalSpace();
      String found = "/dev/shm holds " + Units.size((double) size);
      return size >= SHM_BYTES
          ? Check.ok("shm", found, purpose)
          : Check.limited(
              "shm",
              found,
              purpose,
              "mount it larger (docker run --shm-size 1g); virtio demo goes round it with TMPDIR");
    } catch (IOException missing) {
      return Check.limited(
          "shm",
          "there is no /dev/shm",
          purpose,
          "mount -t tmpfs tmpfs /dev/shm; virtio demo goes round it with TMPDIR");
    }
  }

  private Check program(String id, String name, String purpose, String debianPackage) {
    Path program = programs.find(name);
    if (program == null) {
      return Check.missing(id, name + " is not on the PATH", purpose, remedy(debianPackage));
    }
    String version = Programs.version(program);
    return version == null
        ? Check.limited(id, program + " does not run", purpose, remedy(debianPackage))
        : Check.ok(id, version, purpose);
  }

  private static String remedy(String debianPackage) {
    return "Debian and Ubuntu: apt-get install " + debianPackage;
  }

  private boolean hasPackageTools() {
    return programs.find("apt-get") != null && programs.find("dpkg") != null;
  }

  private Check packageTools() {
    String purpose = "fetching the demo's guest, without root";
    return hasPackageTools()
        ? Check.ok("apt", "apt-get and dpkg", purpose)
        : Check.missing(
            "apt", "no apt-get, or no dpkg", purpose, "a Debian or Ubuntu machine or container");
  }

  private Check userModeLinux() {
    String purpose = "a Linux guest without root or KVM: virtio demo, the guest tests";
    Path installed = programs.find("linux.uml");
    Path cached = cachedGuest();
    if (installed != null || cached != null) {
      return Check.ok("uml", String.valueOf(installed != null ? installed : cached), purpose);
    }
    if (linux && architecture.equals("amd64") && hasPackageTools()) {
      return Check.ok("uml", "not here yet; virtio demo fetches it into its cache", purpose);
    }
    return Check.missing(
        "uml",
        "not here",
        purpose,
        "it is packaged for x86-64: apt-get install user-mode-linux on Debian or Ubuntu");
  }

  /** The unpacked package that virtio demo fetched. */
  private static Path cachedGuest() {
    try (Stream<Path> entries = Files.list(GuestCache.ofUser().folder())) {
      return entries
          .filter(entry -> entry.getFileName().toString().startsWith("user-mode-linux"))
          .map(entry -> entry.resolve("usr/bin/linux.uml"))
          .filter(Files::isExecutable)
          .findFirst()
          .orElse(null);
    } catch (IOException noCache) {
      return null;
    }
  }
}
