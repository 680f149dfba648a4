package dev.virtio4j.netty;

import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.PollRounds;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.lang.System.Logger.Level;
import java.util.concurrent.ThreadFactory;

/**
 * Netty's event loop with poll rounds in each turn: epoll, rounds, tasks. It sleeps in epoll only
 * when every poller sleeps.
 */
final class RoundsEventLoop extends SingleThreadIoEventLoop {
  private static final System.Logger LOG = System.getLogger(RoundsEventLoop.class.getName());

  private final PollRounds rounds;
  private final Runnable atEnd;

  RoundsEventLoop(DeviceLoop owner, String name, long spinLimitNanos, Runnable atEnd) {
    super((IoEventLoopGroup) null, thread(name), EpollIoHandler.newFactory());
    this.rounds = new PollRounds(owner, spinLimitNanos, super::hasTasks);
    this.atEnd = atEnd;
  }

  private static ThreadFactory thread(String name) {
    return task -> {
      Thread thread = new FastThreadLocalThread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  PollRounds rounds() {
    return rounds;
  }

  /** Netty asks this before it sleeps. */
  @Override
  protected boolean hasTasks() {
    return super.hasTasks() || !rounds.asleep();
  }

  /** When to wake at the latest: Netty's own answer wakes an idle loop every second. */
  @Override
  protected long deadlineNanos() {
    return nextScheduledTaskDeadlineNanos();
  }

  @Override
  protected void run() {
    super.run();
    atEnd.run();
  }

  @Override
  protected int runIo() {
    int events = 0;
    try {
      events = super.runIo();
      rounds.run();
    } catch (Throwable e) {
      // An InternalError of guest memory may arrive late, outside of the poller that caused it.
      LOG.log(Level.ERROR, "An error on a device loop that belongs to no poller", e);
    }
    return events;
  }
}
