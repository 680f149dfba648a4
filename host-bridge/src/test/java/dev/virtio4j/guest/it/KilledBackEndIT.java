package dev.virtio4j.guest.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.image.LockMode;
import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.testing.Requires;
import dev.virtio4j.vhostuser.client.BackEndException;
import dev.virtio4j.vhostuser.client.FrontEndQueue;
import dev.virtio4j.vhostuser.client.FrontEndSession;
import dev.virtio4j.vhostuser.client.InterruptWaiter;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Kills servers under a front-end that keeps its memory, and hands it to the next server. {@link
 * Kills} says how often.
 */
class KilledBackEndIT {
  private static final int DEPTH = 16;
  private static final int BLOCKS = 64;
  private static final long GUEST_ADDRESS = 0x10_0000;
  private static final long MEMORY = 1 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int LOOK_MILLIS = 5;

  @TempDir Path folder;

  private Path socket;
  private Path image;

  @ParameterizedTest
  @EnumSource
  void nothingIsLostOrDoneTwiceWhenServersAreKilled(RingFormat format) throws Exception {
    Requires.that(
        System.getProperty("os.name").equals("Linux"), "Only Linux has what vhost-user needs.");
    Random random = Kills.random("KilledBackEndIT " + format);
    socket = folder.resolve("s");
    image = Images.sparse(folder.resolve("disk.img"), (long) BLOCKS * BlockVersions.BLOCK);
    BlockVersions versions = new BlockVersions(BLOCKS);
    long features = VirtioFeatures.RINGS & ~VirtioFeatures.IN_ORDER & ~format.hidden();
    int failedStarts = 0;
    long inFlightAtKill = 0;
    long completed = 0;
    ServerProcess next = prepare();
    try (DriverMemory memory = DriverMemory.shared(GUEST_ADDRESS, MEMORY)) {
      next.serve();
      ServerProcess server = next;
      next = prepare();
      try (FrontEndSession session =
          FrontEndSession.connect(
              socket,
              PATIENCE,
              features,
              ProtocolFeatures.INFLIGHT_SHMFD
                  | ProtocolFeatures.CONFIGURE_MEM_SLOTS
                  | ProtocolFeatures.REPLY_ACK)) {
        session.shareMemory(memory);
        // A packed ring need not be a power of two, and wraps at odd places then.
        int size = format == RingFormat.PACKED ? 197 : 256;
        session.trackInflight(1, size);
        FrontEndQueue queue = session.addQueue(size);
        session.start();
        VersionedLoad load = new VersionedLoad(queue, memory, versions, random, DEPTH);
        InterruptWaiter waiter = new InterruptWaiter(List.of(queue));
        for (int kill = 0; kill < Kills.count(); kill++) {
          // Many kills early, while what the last one left is done again; the rest in full flow.
          long busy = random.nextInt(3) == 0 ? random.nextInt(40) : random.nextInt(4000);
          run(session, load, waiter, load.completed() + busy);
          Killer killer = new Killer(server, microseconds(random, 2_000));
          try {
            run(session, load, waiter, Long.MAX_VALUE);
          } finally {
            killer.join();
          }
          inFlightAtKill += load.inFlight();
          versions.checkImage(image);
          boolean connected = false;
          while (!connected) {
            server = next;
            next = prepare();
            server.serve();
            // Now and then one dies before it has been told everything.
            Killer early =
                random.nextInt(8) == 0 ? new Killer(server, microseconds(random, 20_000)) : null;
            try {
              session.reconnect(PATIENCE);
              connected = early == null;
            } catch (BackEndException e) {
              assertThat(early).as("nobody killed the server: %s", e).isNotNull();
            }
            if (early != null) {
              early.join();
              failedStarts++;
            }
          }
        }
        drain(session, load, waiter);
        completed = load.completed();
        session.stop();
      } finally {
        server.close();
      }
    } finally {
      next.close();
    }
    assertThat(versions.checkImage(image)).isEqualTo(BLOCKS);
    System.out.printf(
        "KilledBackEndIT %s: %d requests, %d writes acknowledged, %d in flight at %d kills,"
            + " %d killed at their start%n",
        format, completed, versions.writes(), inFlightAtKill, Kills.count(), failedStarts);
    assertThat(inFlightAtKill).as("kills in the middle of something").isPositive();
  }

  private ServerProcess prepare() throws Exception {
    return ServerProcess.prepare(socket, image, 1, LockMode.ON);
  }

  /** Kills a server after a time, from a thread of its own. */
  private static final class Killer {
    private final Thread thread;
    private volatile Exception failure;

    Killer(ServerProcess server, long nanos) {
      thread =
          new Thread(
              () -> {
                LockSupport.parkNanos(nanos);
                try {
                  server.kill();
                } catch (Exception e) {
                  failure = e;
                }
              },
              "killer");
      thread.start();
    }

    void join() throws Exception {
      thread.join();
      if (failure != null) {
        throw failure;
      }
    }
  }

  private static long microseconds(Random random, int below) {
    return TimeUnit.MICROSECONDS.toNanos(random.nextInt(below));
  }

  /** Loads the disk until so many requests are completed, or the server is dead. */
  private static void run(
      FrontEndSession session, VersionedLoad load, InterruptWaiter waiter, long until) {
    while (load.completed() < until) {
      load.submit();
      if (!turn(session, load, waiter)) {
        return;
      }
    }
  }

  private static void drain(FrontEndSession session, VersionedLoad load, InterruptWaiter waiter) {
    while (load.inFlight() > 0) {
      assertThat(turn(session, load, waiter)).as("the last server lives").isTrue();
    }
  }

  /**
   * Sleeps, if there is nothing to do, and takes back what is done; false if the server is dead.
   */
  private static boolean turn(FrontEndSession session, VersionedLoad load, InterruptWaiter waiter) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    // Who sleeps does not look at the ring, not even when the next server is there: as a guest
    // does.
    while (load.sleeps()) {
      if (waiter.await(LOOK_MILLIS)) {
        load.wake();
      } else if (session.client().hungUp()) {
        return false;
      } else if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("no interrupt came in " + PATIENCE);
      }
    }
    load.collect();
    return true;
  }
}
