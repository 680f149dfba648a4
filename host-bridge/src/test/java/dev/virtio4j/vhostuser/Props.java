package dev.virtio4j.vhostuser;

import dev.virtio4j.posix.EventFd;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.MemFd;
import dev.virtio4j.posix.OpenFlags;
import dev.virtio4j.posix.UnixSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Descriptors of every kind, to be sent where they belong and where they do not. */
final class Props implements AutoCloseable {
  static final int FILE_BYTES = 1 << 16;

  private final List<Fd> all = new ArrayList<>();
  private final List<EventFd> events = new ArrayList<>();
  final int file;
  final int socket;

  Props() {
    file = keep(MemFd.create("hostile", FILE_BYTES));
    Fd[] pair = UnixSocket.pair();
    keep(pair[1]);
    socket = keep(pair[0]);
    Fd[] orphan = UnixSocket.pair();
    orphan[1].close();
    keep(orphan[0]);
    keep(MemFd.create("hostile-small", 100));
    keep(MemFd.create("hostile-empty", 0));
    for (String path : new String[] {"/dev/null", "/dev/zero", "/tmp", "/proc/self/maps"}) {

      keep(Fd.open(Path.of(path), OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC));
    }
    for (int i = 0; i < 3; i++) {
      events.add(EventFd.create());
      int unused = events.get(0).signal();
    }
  }

  private int keep(Fd fd) {
    all.add(fd);
    return fd.value();
  }

  int event(SplittableRandom random) {
    return events.get(random.nextInt(events.size())).descriptor();
  }

  int any(SplittableRandom random) {
    int which = random.nextInt(all.size() + events.size());
    return which < all.size()
        ? all.get(which).value()
        : events.get(which - all.size()).descriptor();
  }

  @Override
  public void close() {
    all.forEach(Fd::close);
    events.forEach(EventFd::close);
  }
}
