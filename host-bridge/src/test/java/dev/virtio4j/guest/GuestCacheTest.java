package dev.virtio4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestCacheTest {
  @TempDir Path folder;

  @Test
  void anEntryIsFilledOnceWhoeverAsks() throws Exception {
    AtomicInteger fills = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Path>> tasks = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        // Each with a cache of its own, as processes have.
        tasks.add(
            () ->
                new GuestCache(folder)
                    .get(
                        "uml",
                        f -> {
                          fills.incrementAndGet();
                          Files.writeString(f.resolve("a"), "whole");
                        }));
      }
      for (Future<Path> entry : threads.invokeAll(tasks)) {
        assertThat(entry.get().resolve("a")).hasContent("whole");
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(fills).hasValue(1);
  }

  @Test
  void aFailedFillLeavesNothing() throws IOException {
    GuestCache cache = new GuestCache(folder);
    assertThatThrownBy(
            () ->
                cache.get(
                    "uml",
                    f -> {
                      Files.writeString(f.resolve("half"), "half");
                      throw new IOException("no network");
                    }))
        .hasMessage("no network");
    assertThat(cache.has("uml")).isFalse();
    assertThat(cache.get("uml", f -> {})).isEmptyDirectory();
  }

  @Test
  void whatAKilledProcessLeftIsRemoved() throws IOException {
    GuestCache cache = new GuestCache(folder);
    Path left = Files.createDirectories(cache.folder().resolve("uml.filling"));
    Files.writeString(left.resolve("half"), "half");
    assertThat(cache.get("uml", f -> Files.writeString(f.resolve("new"), "")))
        .isDirectoryNotContaining("glob:**half");
  }

  @Test
  void aNameThatLeavesTheCacheIsRefused() {
    GuestCache cache = new GuestCache(folder);
    assertThatIllegalArgumentException().isThrownBy(() -> cache.get("../x", f -> {}));
  }

  @Test
  void theUsersFolderIsWhereTheBaseDirectorySpecificationSays() {
    assertThat(GuestCache.userFolder(Map.of("XDG_CACHE_HOME", "/c"), "/home/a"))
        .isEqualTo(Path.of("/c/virtio4j"));
    assertThat(GuestCache.userFolder(Map.of(), "/home/a"))
        .isEqualTo(Path.of("/home/a/.cache/virtio4j"));
    assertThat(GuestCache.userFolder(Map.of("XDG_CACHE_HOME", "relative"), "/home/a"))
        .isEqualTo(Path.of("/home/a/.cache/virtio4j"));
  }
}
