package dev.virtio4j.guest.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.guest.Guest;
import dev.virtio4j.guest.GuestScript;
import dev.virtio4j.guest.GuestTimeoutException;
import dev.virtio4j.guest.ScriptResult;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Programs in a guest that load its disk while the disk's server is killed or the guest is moved:
 * one for each processor writes versions of blocks and checks what it reads, and there may be one
 * that has the disk write to memory which nobody else writes.
 */
final class VersionedWriters implements Consumer<String> {
  private static final int BLOCK = 4096;
  private static final int BLOCKS = 128;
  private static final int DEPTH = 16;
  private static final int CHUNKS = 128;
  private static final int CHUNK_BLOCKS = 16;
  private static final Duration STALLED = Duration.ofMinutes(1);
  private static final Pattern TICK =
      Pattern.compile("@v4j p(\\d)\\.tick\\.(\\d{1,9}) (\\d{1,18})");
  private static final Pattern COMPLAINT = Pattern.compile("(versions|reads): .*");

  private final int writers;
  private final boolean reader;
  private final AtomicLongArray ticks;
  private final AtomicLongArray requests;
  private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
  private GuestScript script;

  /**
   * Sets them up.
   *
   * @param writers how many write; the guest has so many processors
   * @param reader whether there is one more that only reads
   */
  VersionedWriters(int writers, boolean reader) {
    this.writers = writers;
    this.reader = reader;
    ticks = new AtomicLongArray(programs());
    requests = new AtomicLongArray(programs());
  }

  private int programs() {
    return writers + (reader ? 1 : 0);
  }

  /** Makes a disk for them. */
  Path image(Path path) throws IOException {
    int written = writers * BLOCKS;
    Images.sparse(path, (long) (written + (reader ? CHUNKS * CHUNK_BLOCKS : 0)) * BLOCK);
    if (reader) {
      ByteBuffer blocks =
          ByteBuffer.allocate(CHUNKS * CHUNK_BLOCKS * BLOCK).order(ByteOrder.LITTLE_ENDIAN);
      for (int at = 0; at < blocks.capacity(); at += 8) {
        blocks.putInt(at, written + at / BLOCK + 1).putInt(at + 4, 1);
      }
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        int unused = channel.write(blocks, (long) written * BLOCK);
      }
    }
    return path;
  }

  /** Hears the guest's console. */
  @Override
  public void accept(String line) {
    Matcher matcher = TICK.matcher(line);
    if (matcher.matches() && Integer.parseInt(matcher.group(1)) < programs()) {
      int program = Integer.parseInt(matcher.group(1));
      ticks.set(program, Long.parseLong(matcher.group(2)) + 1);
      requests.set(program, Long.parseLong(matcher.group(3)));
    } else if (COMPLAINT.matcher(line).matches()) {
      complaints.add(line);
    }
  }

  void start(Guest guest) throws IOException {
    StringBuilder text = new StringBuilder();
    program(text, "versions");
    for (int i = 0; i < writers; i++) {
      text.append(
          "taskset -c %1$d /tmp/versions p%1$d /dev/vda %2$d %3$d %4$d &\npid%1$d=$!\n"
              .formatted(i, i * BLOCKS, BLOCKS, DEPTH));
    }
    if (reader) {
      program(text, "reads");
      text.append(
          "/tmp/reads p%1$d /dev/vda %2$d %3$d &\npid%1$d=$!\n"
              .formatted(writers, writers * BLOCKS, CHUNKS));
    }
    text.append("v4j started yes\nread word\nv4j stopping yes\n: >/tmp/stop\nstatus=0\n");
    for (int i = 0; i < programs(); i++) {
      text.append("wait $pid%d || status=$?\n".formatted(i));
    }
    text.append("exit $status\n");
    script = guest.start(text.toString());
    script.awaitValue("started", DiskSteps.SOON);
  }

  private static void program(StringBuilder text, String name) throws IOException {
    try (InputStream in = VersionedWriters.class.getResourceAsStream(name + ".pl")) {
      text.append("cat >/tmp/%s <<'END_OF_PROGRAM'\n".formatted(name))
          .append(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .append("END_OF_PROGRAM\nchmod +x /tmp/%s\n".formatted(name));
    }
  }

  /** Waits until each has done something from now on. */
  void awaitProgress(int moreTicks) {
    long[] until = new long[programs()];
    Arrays.setAll(until, i -> ticks.get(i) + moreTicks);
    long deadline = System.nanoTime() + STALLED.toNanos();
    for (int i = 0; i < programs(); i++) {
      while (ticks.get(i) < until[i]) {
        if (!complaints.isEmpty()) {
          throw new AssertionError(String.join("\n", complaints));
        }
        if (script.isDone()) {
          throw new AssertionError("the programs ended: " + outcome());
        }
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError(
              "program %d stands still at %d requests".formatted(i, requests.get(i)));
        }
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  private String outcome() {
    try {
      return script.await(Duration.ZERO).text();
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  /** How many requests were completed. */
  long requests() {
    long sum = 0;
    for (int i = 0; i < programs(); i++) {
      sum += requests.get(i);
    }
    return sum;
  }

  /** Has them finish and check all blocks, and then checks the image the same way. */
  void finish(Guest guest, Path image) throws IOException {
    guest.sendLine("stop");
    ScriptResult result;
    try {
      script.awaitValue("stopping", DiskSteps.SOON);
      result = script.await(DiskSteps.SOON).requireSuccess();
    } catch (GuestTimeoutException e) {
      throw new AssertionError(
          "ticks %s, requests %s, complaints %s; the console's end:%n%s"
              .formatted(ticks, requests, complaints, String.join("\n", guest.consoleTail(30))),
          e);
    }
    for (int i = 0; i < writers; i++) {
      int[] versions =
          Arrays.stream(result.value("p" + i + ".state").split(","))
              .mapToInt(Integer::parseInt)
              .toArray();
      assertThat(versions).hasSize(BLOCKS);
      check(image, i * BLOCKS, versions);
    }
  }

  private static void check(Path image, int first, int[] versions) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(image)) {
      for (int i = 0; i < versions.length; i++) {
        block.clear();
        int read = channel.read(block, (long) (first + i) * BLOCK);
        assertThat(read).isEqualTo(BLOCK);
        for (int at = 0; at < BLOCK && versions[i] != 0; at += 8) {
          if (block.getInt(at) != first + i + 1 || block.getInt(at + 4) != versions[i]) {
            throw new AssertionError(
                "block %d of the image holds version %d; the guest had version %d acknowledged"
                    .formatted(first + i, block.getInt(at + 4), versions[i]));
          }
        }
      }
    }
  }
}
