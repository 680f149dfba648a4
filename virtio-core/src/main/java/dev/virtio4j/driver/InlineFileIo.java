package dev.virtio4j.driver;

import dev.virtio4j.loop.FileIo;
import dev.virtio4j.loop.FileOperation;
import dev.virtio4j.posix.Libc;
import java.util.concurrent.Executor;

/** Does each file operation in a task of its own, right there on the loop. */
final class InlineFileIo implements FileIo {
  private final Executor loop;
  private int outstanding;

  InlineFileIo(Executor loop) {
    this.loop = loop;
  }

  @Override
  public void submit(FileOperation operation) {
    outstanding++;
    loop.execute(
        () -> {
          long result = run(operation);
          int errno = Libc.errno();
          outstanding--;
          operation.complete(result < 0 ? -errno : (int) result);
        });
  }

  private static long run(FileOperation o) {
    return switch (o.kind()) {
      case READ -> Libc.pread(o.descriptor(), o.address(), o.length(), o.offset());
      case WRITE -> Libc.pwrite(o.descriptor(), o.address(), o.length(), o.offset());
      case READV -> Libc.preadv2(o.descriptor(), o.address(), o.length(), o.offset(), o.flags());
      case WRITEV -> Libc.pwritev2(o.descriptor(), o.address(), o.length(), o.offset(), o.flags());
      case DATASYNC -> Libc.fdatasync(o.descriptor());
      case FALLOCATE -> Libc.fallocate(o.descriptor(), o.flags(), o.offset(), o.bytes());
    };
  }

  @Override
  public int outstanding() {
    return outstanding;
  }

  @Override
  public String name() {
    return "inline";
  }
}
