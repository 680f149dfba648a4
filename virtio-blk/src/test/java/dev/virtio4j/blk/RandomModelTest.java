package dev.virtio4j.blk;

import static dev.virtio4j.blk.BlkDriver.OK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.BlkDriver.Shape;
import dev.virtio4j.blk.image.Engine;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.posix.uring.UringFileIo;
import dev.virtio4j.testing.HostNeeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Thousands of random requests, many in flight, against a model: every read returns what was
 * written last, and the image is the model's in the end.
 */
class RandomModelTest {
  private static final int SECTORS = 2048;
  private static final int MOST = 256;
  private static final int ROUNDS = Integer.getInteger("virtio4j.rounds", 80);
  private static final int BATCH = 8;
  private static final int AREA = MOST * 512 + 8192;

  @TempDir Path folder;

  /** Where images are, and how they are opened. */
  enum Storage {
    DISK(Engine.VECTORED, false, false),
    MEMORY(Engine.VECTORED, false, true),
    QUEUED(Engine.IO_URING, false, false),
    DIRECT(Engine.AUTO, true, false),
    URING(Engine.IO_URING, false, false),
    DIRECT_URING(Engine.AUTO, true, false),
    PORTABLE(Engine.PORTABLE, false, false);

    final Engine engine;
    final boolean direct;
    final boolean tmpfs;

    Storage(Engine engine, boolean direct, boolean tmpfs) {
      this.engine = engine;
      this.direct = direct;
      this.tmpfs = tmpfs;
    }
  }

  static Stream<Arguments> all() {
    return Stream.of(Storage.values())
        .flatMap(
            storage ->
                Stream.of(Shape.values())
                    .flatMap(
                        shape ->
                            Stream.of(true, false)
                                .map(writeback -> Arguments.of(storage, shape, writeback))));
  }

  private final byte[] model = new byte[SECTORS * 512];
  private Random random;
  private BlkDriver driver;

  @ParameterizedTest
  @MethodSource("all")
  void deviceDoesWhatTheModelDoes(Storage storage, Shape shape, boolean writeback)
      throws IOException {
    long seed = Long.getLong("virtio4j.seed", System.nanoTime());
    System.out.printf("RandomModelTest %s %s seed %d%n", storage, shape, seed);
    random = new Random(seed);
    boolean uring = storage == Storage.URING || storage == Storage.DIRECT_URING;
    if (uring) {
      String lack = UringFileIo.unavailableReason();
      HostNeeds.that(lack == null, "There is no io_uring here: " + lack);
    }
    Path memory = Path.of("/dev/shm");
    HostNeeds.that(!storage.tmpfs || Files.isWritable(memory), memory + " cannot be written.");
    Path image =
        storage.tmpfs
            ? Files.createTempFile(memory, "virtio4j", ".img")
            : folder.resolve("disk.img");
    random.nextBytes(model);
    Files.write(image, model);
    try {
      BlockDevice device =
          BlockDevice.builder(image)
              .engine(storage.engine)
              .direct(storage.direct)
              .writeback(writeback)
              .build();
      try (BlkDriver started =
          new BlkDriver(device, shape, loop -> uring ? new UringLoop(loop) : loop).start()) {
        driver = started;
        for (int i = 0; i < ROUNDS; i++) {
          round();
        }
        assertThat(driver.flush()).isEqualTo(OK);
      }
      assertThat(Arrays.mismatch(Files.readAllBytes(image), model)).isEqualTo(-1);
    } finally {
      Files.deleteIfExists(image);
    }
  }

  /** One request in flight, and how to tell that it was right. */
  private record Flight(
      DriverRequest request, int type, int sector, int count, long area, ByteBuffer expected) {}

  /** Submits a batch of requests to ranges that do not touch, so that each has one right result. */
  private void round() {
    DriverQueue queue = driver.queues.get(0);
    List<Flight> flights = new ArrayList<>();
    boolean[] taken = new boolean[SECTORS];
    for (int slot = 0; slot < BATCH; slot++) {
      int sector = random.nextInt(SECTORS);
      int count = 1 + random.nextInt(Math.min(MOST, SECTORS - sector));
      if (random.nextInt(3) > 0) {
        // Much of what guests send is in pages.
        sector &= ~7;
        count = Math.min((count + 7) & ~7, SECTORS - sector);
      }
      boolean free = true;
      for (int i = sector; i < sector + count; i++) {
        free &= !taken[i];
      }
      if (free) {
        Arrays.fill(taken, sector, sector + count, true);
        flights.add(launch(queue, slot, sector, count));
      }
    }
    queue.publish();
    driver.life.ring(0);
    for (int i = 0; i < flights.size(); i++) {
      driver.until(queue::ready);
      DriverRequest done = queue.poll();
      Flight flight = flights.stream().filter(f -> f.request == done).findFirst().orElseThrow();
      land(flight, done);
      queue.discard(done);
    }
  }

  private Flight launch(DriverQueue queue, int slot, int sector, int count) {
    int[] types = {0, 0, 0, 1, 1, 1, 4, 11, 13, 13};
    int type = types[random.nextInt(types.length)];
    if (type == VirtioBlk.T_DISCARD && (driver.life.features() & VirtioBlk.F_DISCARD) == 0) {
      type = VirtioBlk.T_IN;
    }
    long area = driver.data() + (long) slot * AREA + 4L * random.nextInt(512);
    List<Segment> segments = new ArrayList<>();
    ByteBuffer header = driver.view(area, 32);
    header.putInt(type).putInt(0).putLong(type <= 1 ? sector : 0);
    segments.add(Segment.readable(area, 16));
    long data = area + 64;
    byte[] expected = Arrays.copyOfRange(model, sector * 512, (sector + count) * 512);
    switch (type) {
      case VirtioBlk.T_IN -> cut(segments, data, count * 512, true);
      case VirtioBlk.T_OUT -> {
        random.nextBytes(expected);
        driver.view(data, expected.length).put(expected);
        cut(segments, data, count * 512, false);
      }
      case VirtioBlk.T_DISCARD, VirtioBlk.T_WRITE_ZEROES -> {
        boolean unmap = type == VirtioBlk.T_WRITE_ZEROES && random.nextBoolean();
        driver.view(area + 16, 16).putLong(sector).putInt(count).putInt(unmap ? 1 : 0);
        segments.add(Segment.readable(area + 16, 16));
        Arrays.fill(expected, (byte) 0);
      }
      default -> {}
    }
    if (type != VirtioBlk.T_FLUSH) {
      System.arraycopy(expected, 0, model, sector * 512, expected.length);
    }
    driver.view(area + 40, 1).put((byte) BlkDriver.UNWRITTEN);
    segments.add(Segment.writable(area + 40, 1));
    DriverRequest request = queue.prepare(segments.toArray(Segment[]::new));
    assertThat(queue.submit(request)).isTrue();
    return new Flight(request, type, sector, count, area, ByteBuffer.wrap(expected));
  }

  private void cut(List<Segment> segments, long from, int length, boolean writable) {
    int cuts = random.nextInt(4);
    int done = 0;
    for (int i = 0; i < cuts && length - done > 1; i++) {
      int piece = 1 + random.nextInt(length - done - 1);
      if (random.nextBoolean()) {
        piece = Math.max(512, piece & ~511);
        if (piece >= length - done) {
          break;
        }
      }
      segments.add(new Segment(from + done, piece, writable));
      done += piece;
    }
    segments.add(new Segment(from + done, length - done, writable));
  }

  private void land(Flight flight, DriverRequest done) {
    String what = "%s of %d at %d".formatted(flight.type, flight.count, flight.sector);
    assertThat(driver.view(flight.area + 40, 1).get()).as(what).isZero();
    if (flight.type == VirtioBlk.T_IN) {
      assertThat(done.written()).isEqualTo(flight.count * 512L + 1);
      byte[] got = new byte[flight.count * 512];
      driver.view(flight.area + 64, got.length).get(got);
      assertThat(ByteBuffer.wrap(got).mismatch(flight.expected)).as(what).isEqualTo(-1);
    } else {
      assertThat(done.written()).as(what).isEqualTo(1);
    }
  }
}
