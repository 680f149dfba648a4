package dev.virtio4j.vhostuser.session;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.Registration;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.PosixException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Rings a running queue as the front-end set it: when a descriptor becomes ready, or now and then.
 *
 * <p>Called on the control loop, which never waits for the queue's loop: what there is to do is
 * done on that one, in the order of the calls.
 */
final class Doorbell {
  private static final long POLL_NANOS = 1_000_000;

  private final int index;
  private final DeviceLoop loop;
  private final Runnable ring;

  /** Ends it; on the queue's loop. */
  private Registration watch;

  private boolean closed;

  /**
   * Makes one that does not ring yet.
   *
   * @param index of the queue
   * @param loop the queue's
   * @param ring rings the queue
   */
  Doorbell(int index, DeviceLoop loop, Runnable ring) {
    this.index = index;
    this.loop = loop;
    this.ring = ring;
  }

  /**
   * Rings when a descriptor becomes ready.
   *
   * @param descriptor open until {@link #close}
   * @return completes on the queue's loop; fails if the descriptor cannot be watched
   */
  CompletionStage<Void> watch(Fd descriptor) {
    int number = descriptor.value();
    KickHandler handler = new KickHandler(ring, number, DescriptorKind.of(descriptor));
    return CompletableFuture.runAsync(
        () -> {
          try {
            watch = loop.watch(number, handler);
          } catch (PosixException e) {
            throw new ProtocolException(
                "the doorbell of ring %d cannot be watched: %s".formatted(index, e.getMessage()));
          }
        },
        loop);
  }

  /** Rings now and then (vhost-user, SET_VRING_KICK: "polling should be used"). */
  void poll() {
    loop.execute(this::turn);
  }

  private void turn() {
    if (!closed) {
      ring.run();
      watch = loop.schedule(POLL_NANOS, this::turn);
    }
  }

  /**
   * Rings no more.
   *
   * @param descriptor what was watched, to be closed then; null to leave it open
   */
  void close(Fd descriptor) {
    loop.execute(
        () -> {
          closed = true;
          if (watch != null) {
            watch.close();
          }
          if (descriptor != null) {
            descriptor.close();
          }
        });
  }
}
