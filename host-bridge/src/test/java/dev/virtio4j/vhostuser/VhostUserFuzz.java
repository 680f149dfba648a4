package dev.virtio4j.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.loop.Await;
import dev.virtio4j.testing.Fuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Front-ends on a real socket whose messages, descriptors and rings are changed at random. A case
 * is a number of them one after the other; then the same server serves a well-behaved one, and has
 * left nothing open.
 */
@EnabledOnOs(OS.LINUX)
abstract class VhostUserFuzz {
  private static final int VISITS = 24;
  private static final int MANY = 5;
  private static final int CASES_PER_COLLECTION = 20;
  private static final long HEAP_GROWTH = 32L << 20;

  /** Of a front-end's faults and of failing I/O, in any ten seconds. */
  private static final long LINES = 30;

  @TempDir Path folder;

  private final long mutations;
  private ServedDisk served;
  private LogWatch log;
  private long started;
  private long descriptors;
  private long mappings;
  private long heap;
  private int cases;
  private int answered;

  VhostUserFuzz(long mutations) {
    this.mutations = mutations;
  }

  @Test
  void afterAnyFrontEndTheServerServesTheNextAndHasLostNothing() throws IOException {
    try (LogWatch watch = new LogWatch();
        ServedDisk disk = new ServedDisk(folder)) {
      served = disk;
      log = watch;
      started = System.nanoTime();
      SplittableRandom any = new SplittableRandom(1);
      served.servesWell(false, any);
      served.servesWell(true, any);
      descriptors = Served.descriptors();
      mappings = mappings();
      Fuzz.run("VhostUserFuzzTest", "", mutations, this::visits);
      System.out.printf("%d of %d were answered%n", answered, cases * VISITS);
      checkHeap();
      if (cases >= MANY) {
        // Not every front-end was thrown out before it had said anything.
        assertThat(answered).isGreaterThan(cases * VISITS / 20);
      }
    }
  }

  private long visits(SplittableRandom random) throws IOException {
    long made = 0;
    try (Props props = new Props()) {
      for (int i = 0; i < VISITS; i++) {
        HostileVisit visit = new HostileVisit(random, served.socket, props);
        made += visit.run();
        answered += visit.served() ? 1 : 0;
      }
    }
    served.awaitFree();
    served.servesWell(random.nextBoolean(), random);
    Await.until("descriptors are closed", () -> Served.descriptors() <= descriptors);
    assertThat(mappings()).as("mapped files of front-ends").isLessThanOrEqualTo(mappings);
    assertThat(log.error()).as("a fault of the server's own in the log").isNull();
    long tens = 2 + (System.nanoTime() - started) / 10_000_000_000L;
    assertThat(log.lines()).as("lines of the log").isLessThanOrEqualTo(LINES * tens);
    if (cases++ % CASES_PER_COLLECTION == 0) {
      checkHeap();
    }
    return made;
  }

  private static long mappings() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(line -> line.contains("memfd:")).count();
    }
  }

  private void checkHeap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    long used = runtime.totalMemory() - runtime.freeMemory();
    if (heap == 0) {
      heap = used;
    }
    assertThat(used).as("bytes of heap").isLessThan(heap + HEAP_GROWTH);
  }
}
