package dev.virtio4j.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.netty.DeviceLoops;
import dev.virtio4j.posix.EventFd;
import dev.virtio4j.vhostuser.client.RawFrontEnd;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A queue's loop that is busy for long, with another device or a slow disk: only its queues are.
 */
@EnabledOnOs(OS.LINUX)
class StalledLoopTest {
  /** The queue that does not sit on the control loop. */
  private static final int QUEUE = 1;

  @TempDir Path folder;
  private Served served;

  @BeforeEach
  void serve() {
    served = new Served(folder);
  }

  @AfterEach
  void close() {
    served.awaitFree();
    served.servesWell();
    served.close();
  }

  @Test
  void settingADoorbellHoldsUpNoOtherFrontEnd() {
    CountDownLatch stall = new CountDownLatch(1);
    try (EventFd kick = EventFd.create();
        Served.FrontEnd front = served.start(false)) {
      front.echo(QUEUE, 1);
      CompletableFuture<Void> stalled =
          CompletableFuture.runAsync(() -> await(stall), served.device.loop(QUEUE));
      try {
        front
            .session
            .client()
            .raw()
            .send(FrontendRequest.SET_VRING_KICK.id(), number(QUEUE), kick.descriptor());
        try (RawFrontEnd second = served.raw()) {
          // Turned away by the control loop, which is free to do so.
          assertThat(second.awaitHangUp(Served.PATIENCE)).isTrue();
        }
        assertThat(stalled).isNotDone();
      } finally {
        stall.countDown();
      }
      assertThat(front.session.client().getFeatures()).isNotZero();
      var request = front.put(QUEUE, 2);
      assertThat(kick.signal()).isZero();
      assertThat(front.await(QUEUE)).isSameAs(request);
    }
  }

  @Test
  void aLoopOfSessionsOfItsOwnServesWhileTheQueuesLoopsStall() {
    CountDownLatch stall = new CountDownLatch(1);
    Path socket = folder.resolve("apart");
    try (DeviceLoops loops = DeviceLoops.builder().ownControl().start();
        VhostUserServer server =
            VhostUserServer.builder(loops).export(new EchoDevice(), socket).start()) {
      CompletableFuture<Void> stalled =
          CompletableFuture.runAsync(() -> await(stall), loops.get(0));
      try (RawFrontEnd raw = RawFrontEnd.connect(socket, Served.PATIENCE)) {
        raw.send(FrontendRequest.GET_FEATURES.id(), new byte[0]);
        raw.receive().close();
        assertThat(stalled).isNotDone();
      } finally {
        stall.countDown();
      }
      assertThat(server.exports()).hasSize(1);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static byte[] number(long number) {
    return ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(number).array();
  }
}
