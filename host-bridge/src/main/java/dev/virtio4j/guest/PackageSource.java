package dev.virtio4j.guest;

import java.util.Objects;

/**
 * Where packages come from.
 *
 * @param name names its state in the cache: letters, digits and dashes
 * @param sources the content of a deb822 {@code .sources} file, or empty for the machine's own
 *     sources
 * @param release the release that packages are taken from, or empty for the default
 */
public record PackageSource(String name, String sources, String release) {
  /** The machine's own sources. */
  public static final PackageSource MACHINE = new PackageSource("machine", "", "");

  /**
   * Checks the parts.
   *
   * @param name see above
   * @param sources see above
   * @param release see above
   */
  public PackageSource {
    Objects.requireNonNull(sources);
    Objects.requireNonNull(release);
    if (!name.matches("[a-z0-9-]+")) {
      throw new IllegalArgumentException("not a name of a package source: " + name);
    }
  }

  /**
   * A Debian release and its backports, from Debian's own address; the host must have Debian's
   * keys.
   *
   * @param codename for example {@code bookworm}
   * @return the source, with the backports as the release
   */
  public static PackageSource debianBackports(String codename) {
    String backports = codename + "-backports";
    return new PackageSource(
        backports,
        String.join(
            "\n",
            "Types: deb",
            "URIs: http://deb.debian.org/debian",
            "Suites: " + codename + " " + backports,
            "Components: main",
            "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
            ""),
        backports);
  }
}
