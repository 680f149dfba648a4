package dev.virtio4j.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.driver.DriverRequest;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.loop.Await;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.FileControl;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.OpenFlags;
import dev.virtio4j.posix.Sockets;
import dev.virtio4j.posix.UnixSocket;
import dev.virtio4j.vhostuser.client.RawFrontEnd;
import dev.virtio4j.vhostuser.client.VhostUserClient;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Descriptors that the front-end makes blocking again after it has handed them over, when a write
 * or read of them would wait: no loop does.
 */
@EnabledOnOs(OS.LINUX)
class BlockingNotifierTest {
  @TempDir Path folder;
  private Served served;

  /** What a notifier may be. */
  enum Kind {
    EVENTFD {
      @Override
      Fd[] open() {
        Fd event = Fd.of(Libc.check(Libc.eventfd(0, 0), "eventfd"));
        return new Fd[] {event, event};
      }
    },
    PIPE {
      @Override
      Fd[] open() {
        ByteBuffer pair = NativeMemory.allocate(8, 8);
        Libc.check(Libc.pipe2(NativeMemory.address(pair), 0), "pipe2");
        return new Fd[] {Fd.of(pair.getInt(0)), Fd.of(pair.getInt(4))};
      }
    },
    SOCKET {
      @Override
      Fd[] open() {
        ByteBuffer pair = NativeMemory.allocate(8, 8);
        Libc.check(
            Libc.socketpair(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0, NativeMemory.address(pair)),
            "socketpair");
        return new Fd[] {Fd.of(pair.getInt(0)), Fd.of(pair.getInt(4))};
      }
    };

    /** The end to read from, and the end to write to. */
    abstract Fd[] open();
  }

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

  private static void blocking(Fd fd) {
    Libc.check(Libc.fcntl(fd.value(), FileControl.F_SETFL, 0), "fcntl F_SETFL");
  }

  /** Writes until nothing more goes in; an eventfd then stands at its maximum. */
  private static void fill(Fd from, Fd fd) {
    empty(from);
    Fd.nonBlocking(fd.value());
    ByteBuffer much = NativeMemory.allocate(8, 8);
    much.putLong(0, -2);
    long written = 0;
    while (written >= 0) {
      written = Libc.write(fd.value(), NativeMemory.address(much), 8);
    }
  }

  /** Ends the wait of whoever writes in spite of all. */
  private static void empty(Fd fd) {
    Libc.check(Libc.fcntl(fd.value(), FileControl.F_SETFL, OpenFlags.O_NONBLOCK), "fcntl F_SETFL");
    ByteBuffer bytes = NativeMemory.allocate(4096, 8);
    long read = 1;
    while (read > 0) {
      read = Libc.read(fd.value(), NativeMemory.address(bytes), 4096);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFullInterruptHoldsUpNobody(Kind kind) {
    Fd[] ends = kind.open();
    try (Fd mine = ends[0];
        Fd theirs = ends[1];
        Served.FrontEnd front = served.start(false)) {
      front.session.client().setRingCall(0, theirs.value());
      front.echo(0, 1);
      fill(mine, theirs);
      blocking(theirs);
      try {
        for (int i = 0; i < 10; i++) {
          front.queue(0).ring().enableInterrupts();
          front.echo(0, i);
          front.echo(1, i);
        }
      } finally {
        empty(mine);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFullErrorHoldsUpNobody(Kind kind) {
    Fd[] ends = kind.open();
    try (Fd mine = ends[0];
        Fd theirs = ends[1];
        Served.FrontEnd front = served.start(false)) {
      VhostUserClient client = front.session.client();
      client.setRingError(0, theirs.value());
      fill(mine, theirs);
      blocking(theirs);
      try {
        DriverRequest wild =
            front.queue(0).ring().prepare(Segment.readable(0xdead_0000L, Long.BYTES));
        front.queue(0).ring().submit(wild);
        front.queue(0).ring().publish();
        front.queue(0).kick();
        Await.until("the ring is broken", () -> client.status() != 0);
        front.echo(1, 2);
      } finally {
        empty(mine);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDoorbellHoldsUpNobody(Kind kind) {
    Fd[] ends = kind.open();
    ByteBuffer one = NativeMemory.allocate(8, 8);
    one.putLong(0, 1);
    try (Fd theirs = ends[0];
        Fd mine = ends[1];
        Served.FrontEnd front = served.start(false)) {
      front.session.client().setRingKick(0, theirs.value());
      front.echo(1, 1);
      blocking(theirs);
      try {
        for (int i = 0; i < 10; i++) {
          DriverRequest request = front.put(0, i);
          Libc.check(Libc.write(mine.value(), NativeMemory.address(one), 8), "write");
          assertThat(front.await(0)).isSameAs(request);
          front.queue(0).ring().discard(request);
        }
        front.echo(1, 2);
      } finally {
        // More than one read could ask for, or the end.
        ends[1].close();
      }
    }
  }

  @Test
  void aFullChannelHoldsUpNobody() {
    Fd[] pair = UnixSocket.pair();
    try (Fd mine = pair[0];
        Fd theirs = pair[1];
        Served.FrontEnd front = served.start(false)) {
      RawFrontEnd raw = front.session.client().raw();
      raw.send(FrontendRequest.SET_BACKEND_REQ_FD.id(), new byte[0], theirs.value());
      assertThat(front.session.client().getFeatures()).isNotZero();
      fill(mine, theirs);
      blocking(theirs);
      try {
        served.device.changeConfig(1);
        for (int i = 0; i < 10; i++) {
          assertThat(front.session.client().getFeatures()).isNotZero();
          front.echo(0, i);
        }
      } finally {
        empty(mine);
      }
    }
  }
}
