package dev.virtio4j.vhostuser.session;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.ReadyHandler;
import dev.virtio4j.loop.Registration;
import dev.virtio4j.memory.MemoryFaults;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.PollEvents;
import dev.virtio4j.posix.PollFd;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.queue.QueueFault;
import dev.virtio4j.vhostuser.RequestRefusedException;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A front-end's connection: reads a request, has the session serve it, sends the answer, and only
 * then reads the next. So there is never more than one request and one answer here; a front-end
 * that does not read its answers waits for itself.
 */
final class Connection {
  /** Requests that one turn serves, so that others on the loop get theirs. */
  private static final int TURN = 16;

  private static final long FAILED = 1;

  private final Fd socket;
  private final Session session;
  private final DeviceLoop control;
  private final SessionLog log;
  private final Consumer<Connection> released;
  private final Runnable memoryLost;
  private final MessageReader reader = new MessageReader();
  private final MessageWriter writer = new MessageWriter();
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  private Registration watch;
  private Message serving;
  private boolean ending;
  private boolean turnPosted;

  /**
   * Takes a socket over.
   *
   * @param socket non-blocking, connected to a front-end
   * @param session not begun
   * @param control the loop that all of this runs on
   * @param log where to complain
   * @param released told when nothing of the front-end's is held any more
   * @param memoryLost run when some front-end's memory was truncated
   */
  Connection(
      Fd socket,
      Session session,
      DeviceLoop control,
      SessionLog log,
      Consumer<Connection> released,
      Runnable memoryLost) {
    this.socket = socket;
    this.session = session;
    this.control = control;
    this.log = log;
    this.released = released;
    this.memoryLost = memoryLost;
  }

  /** Begins to serve. */
  void start() {
    try {
      watch =
          control.watch(socket.value(), ReadyHandler.READABLE | ReadyHandler.WRITABLE, this::ready);
    } catch (PosixException e) {
      end("cannot be watched: " + e.getMessage());
    }
  }

  private void ready(int events) {
    if (ending) {
      return;
    }
    boolean waited = writer.pending();
    if (waited) {
      // Also at a hang-up, which nothing else would find while an answer waits.
      send();
    }
    if (waited || (events & ~ReadyHandler.WRITABLE) != 0) {
      turn();
    }
  }

  private void turn() {
    turnPosted = false;
    try {
      read();
    } catch (InternalError e) {
      // Of another front-end's memory, too late to tell whose; what was read here may be lost.
      end("dropped with a front-end whose memory was truncated");
      memoryLost.run();
    }
  }

  private void read() {
    for (int i = 0; i < TURN; i++) {
      if (ending || serving != null || writer.pending()) {
        return;
      }
      try {
        switch (reader.read(socket.value())) {
          case AGAIN -> {
            return;
          }
          case END -> {
            end(null);
            return;
          }
          default -> serve(reader.message());
        }
      } catch (ProtocolException e) {
        end(e.getMessage());
        return;
      }
    }
    postTurn();
  }

  private void postTurn() {
    if (!turnPosted) {
      turnPosted = true;
      control.execute(this::turn);
    }
  }

  private void serve(Message message) {
    serving = message;
    CompletionStage<Reply> stage;
    try {
      stage = session.handle(message);
      MemoryFaults.surface();
    } catch (RuntimeException | InternalError e) {
      stage = CompletableFuture.failedStage(e);
    }
    if (stage.toCompletableFuture().isDone()) {
      CompletionStage<Void> unused = stage.handle(this::served);
    } else {
      CompletionStage<Void> unused =
          stage.handleAsync(
              (reply, failure) -> {
                served(reply, failure);
                turn();
                return null;
              },
              control);
    }
  }

  private Void served(Reply reply, Throwable failure) {
    Message message = serving;
    serving = null;
    message.close();
    if (ending) {
      // Before anything that may throw: who ended the connection left the rest to this.
      if (reply != null) {
        reply.close();
      }
      release();
      return null;
    }
    try {
      MemoryFaults.surface();
      if (failure == null) {
        answer(message.header(), reply);
        return null;
      } else {
        failed(message, failure instanceof CompletionException ? failure.getCause() : failure);
      }
    } catch (RuntimeException | InternalError e) {
      failed(message, e);
    }
    if (reply != null) {
      reply.close();
    }
    return null;
  }

  private void failed(Message message, Throwable failure) {
    if (failure instanceof RequestRefusedException) {
      log.warn(message + " refused: " + failure.getMessage());
      if (message.header().needsReply() && session.acknowledges()) {
        reply(message.header(), Reply.of(FAILED));
      }
    } else if (failure instanceof ProtocolException) {
      end(failure.getMessage());
    } else if (failure instanceof InternalError) {
      end("its memory has been truncated");
    } else {
      log.error(message + " could not be served", failure);
      end(message + " could not be served");
    }
  }

  private void answer(MessageHeader header, Reply reply) {
    if (reply.payload() != null) {
      reply(header, reply);
    } else if (header.needsReply() && session.acknowledges()) {
      reply(header, Reply.of(0));
    }
  }

  private void reply(MessageHeader header, Reply reply) {
    writer.begin(header.reply(reply.payload().remaining()), reply);
    send();
  }

  private void send() {
    if (!writer.flush(socket.value())) {
      end(null);
    }
  }

  /** Whether the front-end has hung up, perhaps without having been noticed yet. */
  boolean hungUp() {
    return hungUp(socket);
  }

  static boolean hungUp(Fd socket) {
    ByteBuffer poll = NativeMemory.allocate(PollFd.SIZE, Integer.BYTES);
    poll.putInt(PollFd.FD, socket.value());
    poll.putShort(PollFd.EVENTS, (short) PollEvents.POLLRDHUP);
    return Libc.poll(NativeMemory.address(poll), 1, 0) > 0;
  }

  boolean ending() {
    return ending;
  }

  /** The configuration space has changed. */
  void configChanged() {
    if (!ending) {
      session.configChanged();
    }
  }

  /** A queue's loop found its queue broken. */
  void queueBroken(int index, QueueFault fault) {
    if (!ending && session.queueBroken(index, fault)) {
      end("its memory has been truncated");
    }
  }

  /** Looks whether memory that the front-end gave is still there. */
  void checkMemory() {
    if (!ending && session.lostMemory()) {
      end("its memory has been truncated");
    }
  }

  /**
   * Ends the connection: what is in flight is finished, what the front-end gave is released, and
   * then the socket is closed, so that a front-end that sees it finds its rings settled.
   *
   * @param why a line for the log; null for none
   * @return completes when all is done
   */
  CompletionStage<Void> end(String why) {
    if (!ending) {
      ending = true;
      if (why != null) {
        log.warn("front-end dropped: " + why);
      }
      if (watch != null) {
        watch.close();
      }
      reader.close();
      writer.close();
      if (serving == null) {
        release();
      }
    }
    return end;
  }

  private void release() {
    session
        .release()
        .whenComplete(
            (done, failure) -> {
              socket.close();
              try {
                released.accept(this);
              } finally {
                end.complete(null);
              }
            });
  }
}
