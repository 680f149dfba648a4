package dev.virtio4j.testing;

import dev.virtio4j.guest.FetchProgress;
import dev.virtio4j.guest.GuestParts;
import dev.virtio4j.guest.GuestUnavailableException;
import dev.virtio4j.guest.QemuProgram;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * What a test needs of its host. Where that cannot be had the test is skipped, with the reason; but
 * with {@code CI=true} it fails, so that a machine that should have it is not green without it.
 */
public final class Requires {
  private Requires() {}

  /** Gets something that this host may lack. */
  @FunctionalInterface
  public interface Source<T> {
    T get() throws IOException;
  }

  /** Gets what the source offers, or ends the test. */
  public static <T> T available(Source<T> source) throws IOException {
    try {
      return source.get();
    } catch (GuestUnavailableException e) {
      throw missing(e.getMessage(), "true".equals(System.getenv("CI")));
    }
  }

  /** Goes on only where the host has it; the lack is a sentence. */
  public static void that(boolean available, String lack) {
    HostNeeds.that(available, lack);
  }

  /** A program of the host. */
  public static Path program(String name) {
    return HostNeeds.program(name);
  }

  /** User-mode Linux and what runs inside it, fetched where they are not there. */
  public static GuestParts uml() throws IOException {
    GuestParts parts = GuestParts.ofUser(FetchProgress.NONE);
    available(parts::uml);
    available(parts::userland);
    return parts;
  }

  /** A kernel for QEMU and what runs inside it, fetched where they are not there. */
  public static GuestParts linux() throws IOException {
    GuestParts parts = GuestParts.ofUser(FetchProgress.NONE);
    available(parts::linux);
    available(parts::userland);
    return parts;
  }

  /** The installed QEMU. */
  public static QemuProgram qemu() throws IOException {
    return available(QemuProgram::installed);
  }

  static RuntimeException missing(String lack, boolean ci) {
    if (ci) {
      throw new AssertionError("CI=true, so this may not be lacking: " + lack);
    }
    Assumptions.abort(lack);
    throw new IllegalStateException("abort returned");
  }
}
