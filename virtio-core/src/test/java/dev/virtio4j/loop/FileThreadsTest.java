package dev.virtio4j.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.driver.SteppedLoop;
import dev.virtio4j.posix.Errno;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of file operations on a host that is short of threads. */
class FileThreadsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final SteppedLoop loop = new SteppedLoop();
  private final List<Integer> results = new ArrayList<>();
  private boolean none;

  /** Fails with EBADF where it is performed. */
  private final class Sync extends FileOperation {
    Sync() {
      datasync(-1);
    }

    @Override
    protected void completed(int result) {
      results.add(result);
    }
  }

  private void start(Runnable work, String name) {
    if (none) {
      throw new OutOfMemoryError("unable to create native thread");
    }
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void submit(ThreadFileIo io, int count) {
    for (int i = 0; i < count; i++) {
      io.submit(new Sync());
    }
    assertThat(loop.runUntil(() -> io.outstanding() == 0, PATIENCE)).isTrue();
  }

  @Test
  void operationsFailWhereNoThreadCanBeHadAndGoOnWhenOneCan() {
    try (FileThreads threads = new FileThreads("short", 4, this::start)) {
      ThreadFileIo io = new ThreadFileIo(loop, threads);
      none = true;
      submit(io, 3);
      assertThat(results).containsExactly(-Errno.EIO, -Errno.EIO, -Errno.EIO);
      none = false;
      results.clear();
      submit(io, 3);
      assertThat(results).containsExactly(-Errno.EBADF, -Errno.EBADF, -Errno.EBADF);
      io.close();
    }
  }

  @Test
  void operationsWaitForTheThreadsThatCouldBeHad() {
    try (FileThreads threads = new FileThreads("short", 4, this::start)) {
      ThreadFileIo io = new ThreadFileIo(loop, threads);
      submit(io, 1);
      none = true;
      submit(io, 50);
      assertThat(results).hasSize(51).containsOnly(-Errno.EBADF);
      io.close();
    }
  }

  @Test
  void operationThatCannotBePerformedFailsAndItsThreadLives() {
    try (FileThreads threads = new FileThreads("lives", 1)) {
      ThreadFileIo io = new ThreadFileIo(loop, threads);
      io.submit(
          new FileOperation() {
            @Override
            protected void completed(int result) {
              results.add(result);
            }
          });
      submit(io, 2);
      // The first had no kind.
      assertThat(results).containsExactly(-Errno.EIO, -Errno.EBADF, -Errno.EBADF);
      io.close();
    }
  }
}
