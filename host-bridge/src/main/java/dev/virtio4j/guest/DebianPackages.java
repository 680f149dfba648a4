package dev.virtio4j.guest;

import dev.virtio4j.guest.GuestUnavailableException.Lack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;

/**
 * Packages of a Debian-like distribution, fetched with {@code apt-get} and unpacked without being
 * installed: no root, and no state of the machine's own package tool is read but its sources and
 * keys, or written.
 */
public final class DebianPackages {
  private static final long COMMAND_SECONDS = 300;
  private static final long PROGRESS_MILLIS = 200;
  private static final Duration LISTS_FRESH = Duration.ofHours(12);
  private static final Pattern URI_LINE =
      Pattern.compile("^'[^']+' (\\S+) (\\d+)", Pattern.MULTILINE);
  private static final Pattern ARCHITECTURE =
      Pattern.compile("^APT::Architecture \"([a-z0-9-]+)\";$", Pattern.MULTILINE);
  private static final Pattern NO_NETWORK =
      Pattern.compile(
          "Temporary failure|Could not resolve|Could not connect|Connection failed|"
              + "Connection timed out|Unable to connect|Network is unreachable|Failed to fetch");

  private final GuestCache cache;
  private final PackageSource source;
  private final FetchProgress progress;
  private final Path state;

  /**
   * Creates the fetcher; nothing is run yet.
   *
   * @param cache holds the private state of {@code apt-get} and what is unpacked
   * @param source where packages come from
   * @param progress hears what is done
   */
  public DebianPackages(GuestCache cache, PackageSource source, FetchProgress progress) {
    this.cache = cache;
    this.source = source;
    this.progress = progress;
    this.state = cache.folder().resolve("apt-" + source.name());
  }

  /** Chooses packages once the lists are there. */
  @FunctionalInterface
  public interface Chooser {
    /**
     * Chooses.
     *
     * @param packages answers {@link #dependencies} and {@link #closure}
     * @return names of packages
     * @throws IOException if a package is not known
     */
    List<String> choose(DebianPackages packages) throws IOException;
  }

  /**
   * Unpacks packages into one folder of the cache, fetching them first where it is not there.
   *
   * @param entry the folder's name in the cache
   * @param chooser says which packages
   * @return the folder, which holds what the packages would put under {@code /}
   * @throws GuestUnavailableException if the host has no such tool, no network or no such package
   * @throws IOException if a file cannot be written
   */
  public Path unpacked(String entry, Chooser chooser) throws IOException {
    return cache.get(
        entry,
        folder ->
            cache.locked(
                "apt-" + source.name(),
                () -> {
                  requireTools();
                  boolean fresh = updateIfOld();
                  List<String> names;
                  Path downloads = state.resolve("downloads");
                  try {
                    names = chooser.choose(this);
                    download(names, downloads);
                  } catch (GuestUnavailableException e) {
                    if (fresh || e.lack() != Lack.PACKAGE) {
                      throw e;
                    }
                    // The lists may be older than the registry: once more with new ones.
                    update();
                    names = chooser.choose(this);
                    download(names, downloads);
                  }
                  unpack(downloads, folder);
                  FileUtils.deleteDirectory(downloads.toFile());
                  return folder;
                }));
  }

  /**
   * What a package depends on directly.
   *
   * @param name the package
   * @return names of real packages
   * @throws IOException if the package is not known
   */
  public List<String> dependencies(String name) throws IOException {
    HostProgram.Result result =
        apt(
            "apt-cache",
            List.of(
                "depends",
                "--no-recommends",
                "--no-suggests",
                "--no-conflicts",
                "--no-breaks",
                "--no-replaces",
                "--no-enhances",
                name));
    if (result.exitCode() != 0) {
      throw noPackage(name, result);
    }
    List<String> names = new ArrayList<>();
    for (String line : result.text().lines().toList()) {
      Matcher matcher =
          Pattern.compile("^ +\\|?(?:Pre)?Depends: ([a-z0-9][a-z0-9+.-]*)(:any)?$").matcher(line);
      if (matcher.matches()) {
        names.add(matcher.group(1));
      }
    }
    return names;
  }

  /**
   * Packages and what they depend on, however far.
   *
   * @param names where to begin
   * @param follow which of the packages they depend on are taken, and looked into
   * @return the names, beginning with those given
   * @throws IOException if a package is not known
   */
  public List<String> closure(List<String> names, Predicate<String> follow) throws IOException {
    Set<String> seen = new LinkedHashSet<>(names);
    Deque<String> open = new ArrayDeque<>(names);
    while (!open.isEmpty()) {
      for (String name : dependencies(open.remove())) {
        if (follow.test(name) && seen.add(name)) {
          open.add(name);
        }
      }
    }
    return List.copyOf(seen);
  }

  private static void requireTools() throws GuestUnavailableException {
    for (String tool : List.of("apt-get", "apt-cache", "apt-config")) {
      if (HostProgram.find(tool).isEmpty()) {
        throw new GuestUnavailableException(
            Lack.PACKAGE_TOOL,
            "There is no "
                + tool
                + " here: guests are fetched from a Debian-like distribution's"
                + " packages.",
            GuestParts.HOW_TO_GO_ON);
      }
    }
    unpacker();
  }

  private static String unpacker() throws GuestUnavailableException {
    return Stream.of("dpkg", "dpkg-deb")
        .filter(tool -> HostProgram.find(tool).isPresent())
        .findFirst()
        .orElseThrow(
            () ->
                new GuestUnavailableException(
                    Lack.PACKAGE_TOOL,
                    "There is neither dpkg nor dpkg-deb here to unpack a guest's packages.",
                    GuestParts.HOW_TO_GO_ON));
  }

  private HostProgram.Result apt(String tool, List<String> arguments) throws IOException {
    return HostProgram.run(state, command(tool, arguments), COMMAND_SECONDS);
  }

  private List<String> command(String tool, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(tool, "-q", "-c", configuration().toString()));
    if (!source.release().isEmpty()) {
      command.addAll(List.of("-t", source.release()));
    }
    command.addAll(arguments);
    return command;
  }

  private Path configuration() {
    return state.resolve("apt.conf");
  }

  /** Updates lists that are missing or old; tells whether it did. */
  private boolean updateIfOld() throws IOException {
    Path stamp = state.resolve("updated");
    if (Files.exists(stamp)) {
      Instant at = Files.getLastModifiedTime(stamp).toInstant();
      Instant now = Instant.now();
      if (!at.isAfter(now) && at.plus(LISTS_FRESH).isAfter(now)) {
        return false;
      }
    }
    update();
    return true;
  }

  private void update() throws IOException {
    progress.report("reading the distribution's package lists", 0, 0);
    prepareState();
    HostProgram.Result result = apt("apt-get", List.of("update"));
    // apt-get ends well though no list could be had, or one of many: tell by what it says, and let
    // a package be found or not. A list that fails for good is some other vendor's.
    boolean none;
    try (Stream<Path> lists = Files.list(state.resolve("lists"))) {
      none = lists.noneMatch(p -> p.getFileName().toString().contains("_Packages"));
    }
    if (result.exitCode() != 0 || none) {
      throw noNetwork(result);
    }
    if (!NO_NETWORK.matcher(result.text()).find()) {
      Files.writeString(state.resolve("updated"), "");
    }
  }

  private void prepareState() throws IOException {
    for (String folder : List.of("lists/partial", "cache/archives/partial", "downloads")) {
      Files.createDirectories(state.resolve(folder));
    }
    // An empty status: what is installed on the machine must not matter.
    Files.writeString(state.resolve("status"), "");
    String architecture = architecture();
    StringBuilder conf = new StringBuilder();
    set(conf, "Dir::State", state.toString());
    set(conf, "Dir::State::lists", state.resolve("lists").toString());
    set(conf, "Dir::State::status", state.resolve("status").toString());
    set(conf, "Dir::State::extended_states", state.resolve("extended_states").toString());
    set(conf, "Dir::Cache", state.resolve("cache").toString());
    set(conf, "Dir::Cache::archives", state.resolve("cache/archives").toString());
    // Container images switch these off, and then each question about a package takes a second.
    set(conf, "Dir::Cache::pkgcache", state.resolve("cache/pkgcache.bin").toString());
    set(conf, "Dir::Cache::srcpkgcache", state.resolve("cache/srcpkgcache.bin").toString());
    set(conf, "Dir::Log", state.resolve("log").toString());
    if (!source.sources().isEmpty()) {
      Files.createDirectories(state.resolve("none"));
      Files.writeString(state.resolve("only.sources"), source.sources());
      set(conf, "Dir::Etc::sourcelist", state.resolve("only.sources").toString());
      set(conf, "Dir::Etc::sourceparts", state.resolve("none").toString());
      set(conf, "Dir::Etc::preferences", state.resolve("none/preferences").toString());
      set(conf, "Dir::Etc::preferencesparts", state.resolve("none").toString());
    }
    if (!architecture.isEmpty()) {
      conf.append("#clear APT::Architectures;\n");
      set(conf, "APT::Architectures::", architecture);
    }
    // As root, apt-get downloads as another user, who may not write into this cache.
    set(conf, "APT::Sandbox::User", "root");
    set(conf, "Acquire::Languages", "none");
    set(conf, "Acquire::Retries", "2");
    set(conf, "Acquire::http::Timeout", "20");
    set(conf, "Acquire::https::Timeout", "20");
    set(conf, "Binary::apt-get::Acquire::AllowInsecureRepositories", "false");
    // Hooks of the machine's configuration would act on the machine's own state.
    for (String hook :
        List.of(
            "APT::Update::Pre-Invoke",
            "APT::Update::Post-Invoke",
            "APT::Update::Post-Invoke-Success",
            "DPkg::Post-Invoke",
            "DPkg::Pre-Invoke")) {
      conf.append("#clear ").append(hook).append(";\n");
    }
    for (String target :
        List.of(
            "deb::DEP-11",
            "deb::DEP-11-icons",
            "deb::DEP-11-icons-small",
            "deb::DEP-11-icons-large",
            "deb::CNF",
            "deb::Contents-deb")) {
      set(conf, "Acquire::IndexTargets::" + target + "::DefaultEnabled", "false");
    }
    Files.writeString(configuration(), conf);
  }

  /** As apt has it; it would ask dpkg for more of them, which need not be there. */
  private String architecture() throws IOException {
    HostProgram.Result result =
        HostProgram.run(state, List.of("apt-config", "dump", "APT::Architecture"), COMMAND_SECONDS);
    Matcher matcher = ARCHITECTURE.matcher(result.text());
    return matcher.find() ? matcher.group(1) : "";
  }

  private static void set(StringBuilder conf, String key, String value) {
    conf.append(key).append(" \"").append(value).append("\";\n");
  }

  private void download(List<String> names, Path downloads) throws IOException {
    FileUtils.deleteDirectory(downloads.toFile());
    Files.createDirectories(downloads);
    List<String> arguments = new ArrayList<>(List.of("download", "--print-uris"));

    arguments.addAll(names);
    HostProgram.Result uris =
        HostProgram.run(downloads, command("apt-get", arguments), COMMAND_SECONDS);
    if (uris.exitCode() != 0) {
      throw noPackage(String.join(", ", names), uris);
    }
    long total = 0;
    Matcher matcher = URI_LINE.matcher(uris.text());
    while (matcher.find()) {
      total += Long.parseLong(matcher.group(2));
    }
    arguments.remove("--print-uris");
    Process process = HostProgram.start(downloads, command("apt-get", arguments));
    Thread watcher = watch(process, downloads, "downloading " + summary(names), total);
    HostProgram.Result result = HostProgram.finish(process, "apt-get", 4 * COMMAND_SECONDS);
    watcher.interrupt();
    if (result.exitCode() != 0) {
      // A 404 means that the lists are older than the registry.
      throw result.text().contains("404")
          ? noPackage(String.join(", ", names), result)
          : noNetwork(result);
    }
    progress.report("downloading " + summary(names), total, total);
  }

  private static String summary(List<String> names) {
    return names.size() <= 2
        ? String.join(" and ", names)
        : names.get(0) + " and " + (names.size() - 1) + " more";
  }

  /** Reports how much is there by now. */
  private Thread watch(Process process, Path folder, String what, long total) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (process.isAlive()) {
                  progress.report(what, Math.min(total, FileUtils.sizeOf(folder.toFile())), total);
                  Thread.sleep(PROGRESS_MILLIS);
                }
              } catch (InterruptedException | IllegalArgumentException e) {
                // Ended, or a file was renamed while it was measured: the next report is due soon.
              }
            },
            "fetch-progress");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void unpack(Path downloads, Path folder) throws IOException {
    List<Path> archives;
    try (Stream<Path> files = Files.list(downloads)) {
      archives = files.filter(p -> p.toString().endsWith(".deb")).sorted().toList();
    }
    for (Path archive : archives) {
      String name = archive.getFileName().toString();
      progress.report("unpacking " + name.substring(0, name.indexOf('_')), 0, 0);
      HostProgram.Result result =
          HostProgram.run(
              downloads,
              List.of(unpacker(), "-x", archive.toString(), folder.toString()),
              COMMAND_SECONDS);
      if (result.exitCode() != 0) {
        throw new GuestException("cannot unpack " + name + ": " + result.tail());
      }
    }
  }

  private GuestUnavailableException noPackage(String names, HostProgram.Result result) {
    return new GuestUnavailableException(
        Lack.PACKAGE,
        "The distribution's sources ("
            + source.name()
            + ") do not have: "
            + names
            + " ("
            + result.tail()
            + ").",
        GuestParts.HOW_TO_GO_ON);
  }

  private static GuestUnavailableException noNetwork(HostProgram.Result result) {
    return new GuestUnavailableException(
        Lack.NETWORK,
        "The distribution's package registry was not reached (" + result.tail() + ").",
        "Connect this machine, or set http_proxy, and try again. " + GuestParts.HOW_TO_GO_ON);
  }
}
