package dev.virtio4j.netty;

import dev.virtio4j.loop.ReadyHandler;
import dev.virtio4j.loop.Registration;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.PosixException;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;

/** One watched descriptor. Edge-triggered, so that an event counter need never be read. */
final class DescriptorWatch implements EpollIoHandle, Registration {
  private static final System.Logger LOG = System.getLogger(DescriptorWatch.class.getName());

  private static final int EPOLLIN = 0x1;
  private static final int EPOLLOUT = 0x4;
  private static final int EPOLLERR = 0x8;
  private static final int EPOLLHUP = 0x10;
  private static final int EPOLLRDHUP = 0x2000;

  private static final EpollIoOps HUNG_UP = EpollIoOps.EPOLLET.with(EpollIoOps.EPOLLRDHUP);

  private final IoEventLoop eventLoop;
  private final FileDescriptor descriptor;
  private final EpollIoOps interest;
  private final ReadyHandler handler;
  private IoRegistration registration;
  private boolean ended;

  private DescriptorWatch(
      IoEventLoop eventLoop, int descriptor, EpollIoOps interest, ReadyHandler handler) {
    this.eventLoop = eventLoop;
    this.descriptor = new FileDescriptor(descriptor);
    this.interest = interest;
    this.handler = handler;
  }

  static DescriptorWatch start(
      IoEventLoop eventLoop, int descriptor, int interest, ReadyHandler handler) {
    DescriptorWatch watch = new DescriptorWatch(eventLoop, descriptor, ops(interest), handler);
    if (eventLoop.inEventLoop()) {
      watch.begin();
    } else {
      try {
        CompletableFuture.runAsync(watch::begin, eventLoop).join();
      } catch (CompletionException e) {
        throw e.getCause() instanceof RuntimeException cause ? cause : e;
      }
    }
    return watch;
  }

  private static EpollIoOps ops(int interest) {
    if (interest == 0 || (interest & ~(ReadyHandler.READABLE | ReadyHandler.WRITABLE)) != 0) {
      throw new IllegalArgumentException("an interest in 0x%x".formatted(interest));
    }
    EpollIoOps ops = HUNG_UP;
    if ((interest & ReadyHandler.READABLE) != 0) {
      ops = ops.with(EpollIoOps.EPOLLIN);
    }
    if ((interest & ReadyHandler.WRITABLE) != 0) {
      ops = ops.with(EpollIoOps.EPOLLOUT);
    }
    return ops;
  }

  private void begin() {
    Future<IoRegistration> future = eventLoop.register(this);
    if (!future.isSuccess()) {
      throw failure(future.cause());
    }
    registration = future.getNow();
    try {
      // Reports at once what is ready by now.
      registration.submit(interest);
    } catch (RuntimeException e) {
      registration.cancel();
      throw failure(e.getCause());
    }
  }

  private RuntimeException failure(Throwable cause) {
    if (cause instanceof RejectedExecutionException rejected) {
      return rejected;
    }
    int errno =
        cause instanceof Errors.NativeIoException io ? Math.abs(io.expectedErr()) : Errno.EIO;
    PosixException e =
        new PosixException(
            "epoll cannot watch descriptor " + descriptor.intValue() + ": " + Errno.text(errno),
            errno);
    e.initCause(cause);
    return e;
  }

  @Override
  public FileDescriptor fd() {
    return descriptor;
  }

  @Override
  public void handle(IoRegistration from, IoEvent event) {
    if (ended) {
      return;
    }
    int ops = ((EpollIoEvent) event).ops().value();
    int events = 0;
    if ((ops & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) {
      events |= ReadyHandler.READABLE;
    }
    if ((ops & EPOLLOUT) != 0) {
      events |= ReadyHandler.WRITABLE;
    }
    if ((ops & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) {
      events |= ReadyHandler.HANGUP;
    }
    try {
      handler.ready(events);
    } catch (Throwable e) {
      end();
      tell(e);
    }
  }

  private void tell(Throwable cause) {
    try {
      handler.failed(cause);
    } catch (Throwable e) {
      LOG.log(Level.ERROR, () -> "A handler failed to fail: " + handler, e);
    }
  }

  private void end() {
    if (!ended) {
      ended = true;
      if (registration != null) {
        registration.cancel();
      }
    }
  }

  @Override
  public void close() {
    if (eventLoop.inEventLoop()) {
      end();
      return;
    }
    try {
      // Waits, so that the descriptor may be closed: its number could be another's before epoll
      // has forgotten it.
      CompletableFuture.runAsync(this::end, eventLoop).join();
    } catch (RejectedExecutionException e) {
      LOG.log(Level.TRACE, "a closed loop watches nothing", e);
    }
  }
}
