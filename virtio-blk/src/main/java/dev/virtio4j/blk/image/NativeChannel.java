package dev.virtio4j.blk.image;

import dev.virtio4j.blk.io.HostFile;
import dev.virtio4j.blk.io.Zeroes;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileIo;
import dev.virtio4j.loop.FileOperation.Kind;
import dev.virtio4j.posix.Errno;
import dev.virtio4j.posix.Falloc;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.RwFlags;
import java.nio.ByteBuffer;

/**
 * System calls straight on the request's memory.
 *
 * <p>On the loop itself goes what need not wait for a disk: reads that the page cache has
 * (RWF_NOWAIT), writes into the page cache, anything on a file system in memory. The rest goes to
 * the loop's file I/O, so that no request holds up another.
 */
final class NativeChannel extends RawChannel {
  /** Larger requests are not done on the loop: copying them would hold up the others. */
  private static final int INLINE_LIMIT = 1 << 20;

  /** IOV_MAX: what one vectored call takes. */
  private static final int MAX_ENTRIES = 1024;

  /** MAX_RW_COUNT: what one call moves; a multiple of every block size. */
  private static final long MAX_BYTES = 0x7fff_f000L;

  private static final int PAGE = 4096;

  private final HostFile file;
  private FileIo io;
  private final boolean inline;

  /** A struct iovec for calls that return before the next is made. */
  private final ByteBuffer single = NativeMemory.allocate(16, 16);

  private final long singleAddress = NativeMemory.address(single);

  private boolean readsNoWait;
  private boolean writesNoWait;

  NativeChannel(RawImage image, DeviceLoop loop, HostFile file, boolean inline) {
    super(image, loop);
    this.file = file;
    this.inline = inline;
    readsNoWait = !file.inMemory();
    writesNoWait = !file.inMemory();
  }

  @Override
  int run(ImageRequest request, boolean first) {
    return switch (request.op()) {
      case READ -> read(request, first && inline && request.size() <= INLINE_LIMIT);
      case WRITE -> write(request, first && inline && request.size() <= INLINE_LIMIT);
      case FLUSH -> flush(request);
      case DISCARD -> discard(request);
      case WRITE_ZEROES -> request.zeroing ? writeZeroes(request) : zero(request);
    };
  }

  @Override
  int proceed(ImageRequest request, int result) {
    if (again(request, result)) {
      later(request);
      return PENDING;
    }
    if (result == -Errno.EAGAIN || result == -Errno.EINTR) {
      return -Errno.EIO;
    }
    if (request.syncing) {
      return image.flushed(result);
    }
    return switch (request.op()) {
      case READ -> {
        long bytes = result < 0 ? result : whole(request, result);
        if (bytes <= 0) {
          yield bytes == 0 ? endOfFile(request) : result;
        }
        moved(request, bytes);
        yield atEnd(request) ? endOfFile(request) : read(request, false);
      }
      case WRITE -> {
        long bytes = result < 0 ? result : whole(request, result);
        if (bytes <= 0) {
          yield bytes == 0 ? -Errno.EIO : result;
        }
        moved(request, bytes);
        yield write(request, false);
      }
      case FLUSH -> image.flushed(result);
      case DISCARD -> discarded(result);
      case WRITE_ZEROES -> zeroed(request, result);
    };
  }

  /** Hands the request's file operation to the loop's file I/O, found when it is first needed. */
  private void later(ImageRequest request) {
    if (io == null) {
      io = loop.fileIo();
      image.served(io);
    }
    io.submit(request);
  }

  private int descriptor(ImageRequest request) {
    return request.unaligned ? image.cachedDescriptor() : file.descriptor();
  }

  /** Finds the memory for the next piece; false if the request waits for a bounce buffer. */
  private boolean locate(ImageRequest request, long left) {
    int address = request.unaligned ? 1 : file.memoryAlignment();
    int length = request.unaligned ? 1 : file.offsetAlignment();
    return request.map(request.done, left, address, length) || bounce(request, left);
  }

  /**
   * A short direct transfer goes on at a block's start; the file's end is the exception. 0 if it
   * did not get as far as a block: the file was cut, or the disk ends in the middle of one.
   */
  private long whole(ImageRequest request, long bytes) {
    if (!file.direct() || request.unaligned) {
      return bytes;
    }
    long end = request.start() + request.done + bytes;
    return end >= request.fileBytes ? bytes : bytes & -file.offsetAlignment();
  }

  // Reads

  private int read(ImageRequest request, boolean onLoop) {
    boolean here = onLoop && (readsNoWait || file.inMemory());
    long left;
    while ((left = request.size() - request.done) > 0) {
      if (!locate(request, left)) {
        return PENDING;
      }
      if (!here) {
        return transfer(request, Kind.READ, Kind.READV, 0);
      }
      long n = readHere(request);
      if (n > 0) {
        moved(request, n);
        if (atEnd(request)) {
          return endOfFile(request);
        }
        here = file.inMemory() || request.done == request.size();
      } else if (n == 0) {
        return endOfFile(request);
      } else {
        int errno = Libc.errno();
        if (errno == Errno.EAGAIN) {
          here = false;
        } else if (errno == Errno.EOPNOTSUPP && readsNoWait) {
          readsNoWait = false; // Who knows whether this file system waits: not on the loop.
          here = false;
        } else if (errno != Errno.EINTR) {
          return -errno;
        }
      }
    }
    return 0;
  }

  private long readHere(ImageRequest request) {
    long offset = request.start() + request.done;
    if (readsNoWait) {
      return Libc.preadv2(
          file.descriptor(), vector(request), entries(request), offset, RwFlags.RWF_NOWAIT);
    }
    if (request.count() == 1) {
      return Libc.pread(file.descriptor(), request.base(), request.mappedBytes(), offset);
    }
    return Libc.preadv(file.descriptor(), request.vector(), entries(request), offset);
  }

  // Writes

  private int write(ImageRequest request, boolean onLoop) {
    boolean durable = request.durable() && !file.inMemory();
    boolean here = onLoop && !durable;
    long left;
    while ((left = request.size() - request.done) > 0) {
      if (!locate(request, left)) {
        return PENDING;
      }
      if (!here || (!writesNoWait && readsFirst(request))) {
        return transfer(request, Kind.WRITE, Kind.WRITEV, durable ? RwFlags.RWF_DSYNC : 0);
      }
      long n = writeHere(request);
      if (n > 0) {
        moved(request, n);
        here = !writesNoWait || request.done == request.size();
      } else if (n == 0) {
        return -Errno.EIO;
      } else {
        int errno = Libc.errno();
        if (errno == Errno.EAGAIN) {
          here = false;
        } else if (errno == Errno.EOPNOTSUPP && writesNoWait) {
          writesNoWait = false;
        } else if (errno != Errno.EINTR) {
          return -errno;
        }
      }
    }
    image.written(request.start() + request.size());
    return 0;
  }

  /** A write of part of a page may have to read the rest of it from the disk. */
  private boolean readsFirst(ImageRequest request) {
    return !file.inMemory() && ((request.start() | request.size()) & (PAGE - 1)) != 0;
  }

  private long writeHere(ImageRequest request) {
    long offset = request.start() + request.done;
    if (writesNoWait) {
      return Libc.pwritev2(
          file.descriptor(), vector(request), entries(request), offset, RwFlags.RWF_NOWAIT);
    }
    if (request.count() == 1) {
      return Libc.pwrite(file.descriptor(), request.base(), request.mappedBytes(), offset);
    }
    return Libc.pwritev(file.descriptor(), request.vector(), entries(request), offset);
  }

  private long vector(ImageRequest request) {
    if (request.count() > 1) {
      return request.vector();
    }
    single.putLong(0, request.base()).putLong(8, request.mappedBytes());
    return singleAddress;
  }

  private static int entries(ImageRequest request) {
    return Math.min(request.count(), MAX_ENTRIES);
  }

  private int transfer(ImageRequest request, Kind one, Kind many, int flags) {
    int descriptor = descriptor(request);
    long offset = request.start() + request.done;
    if (request.count() > 1) {
      request.fileTransfer(many, descriptor, request.vector(), entries(request), offset, flags);
    } else if (flags != 0) {
      // Flags exist for the vectored calls alone.
      long vector = request.ownVector(request.base(), request.mappedBytes());
      request.fileTransfer(many, descriptor, vector, 1, offset, flags);
    } else {
      int length = (int) Math.min(request.mappedBytes(), MAX_BYTES);
      request.fileTransfer(one, descriptor, request.base(), length, offset, 0);
    }
    later(request);
    return PENDING;
  }

  // Flushes

  private int flush(ImageRequest request) {
    int failed = image.flushed(0);
    if (failed != 0) {
      return failed;
    }
    if (file.inMemory()) {
      return Libc.fdatasync(file.descriptor()) < 0 ? image.flushed(-Libc.errno()) : 0;
    }
    request.fileDatasync(file.descriptor());
    later(request);
    return PENDING;
  }

  // Holes and zeroes

  private int discard(ImageRequest request) {
    if (request.size() == 0 || !image.punches()) {
      return 0;
    }
    return allocate(request, Falloc.FALLOC_FL_PUNCH_HOLE | Falloc.FALLOC_FL_KEEP_SIZE);
  }

  /** A discard is advice: where the host cannot follow it, nothing is wrong. */
  private int discarded(int result) {
    if (result == -Errno.EOPNOTSUPP) {
      image.punches(false);
    }
    return result == -Errno.EOPNOTSUPP || result == -Errno.EINVAL ? 0 : result;
  }

  private int allocate(ImageRequest request, int mode) {
    request.fileAllocate(descriptor(request), mode, request.start(), request.size());
    later(request);
    return PENDING;
  }

  private int zero(ImageRequest request) {
    if (request.size() == 0) {
      return 0;
    }
    if (request.unmap() && image.punches()) {
      return allocate(request, Falloc.FALLOC_FL_PUNCH_HOLE | Falloc.FALLOC_FL_KEEP_SIZE);
    }
    if (image.zeroRanges()) {
      return allocate(request, Falloc.FALLOC_FL_ZERO_RANGE | Falloc.FALLOC_FL_KEEP_SIZE);
    }
    return writeZeroes(request);
  }

  private int zeroed(ImageRequest request, int result) {
    if (request.zeroing) {
      long bytes = result < 0 ? result : whole(request, result);
      if (bytes <= 0) {
        return bytes == 0 ? -Errno.EIO : result;
      }
      request.done += bytes;
      request.attempts = 0;
      return writeZeroes(request);
    }
    if (result == 0) {
      return settled(request);
    }
    boolean punching = (request.flags() & Falloc.FALLOC_FL_PUNCH_HOLE) != 0;
    if (result == -Errno.EOPNOTSUPP && punching) {
      image.punches(false);
      return zero(request);
    }
    if (result == -Errno.EOPNOTSUPP) {
      image.zeroRanges(false);
    } else if (result != -Errno.EINVAL) {
      return result;
    }
    return writeZeroes(request);
  }

  private int writeZeroes(ImageRequest request) {
    request.zeroing = true;
    long left = request.size() - request.done;
    if (left == 0) {
      image.written(request.start() + request.size());
      return settled(request);
    }
    Zeroes zeroes = image.zeroes();
    int entries = (int) Math.min(left / zeroes.length(), zeroes.entries());
    if (entries > 1) {
      request.mapped(0, zeroes.vector(), entries, (long) entries * zeroes.length());
    } else {
      request.mapped(zeroes.address(), 0, 1, Math.min(left, zeroes.length()));
    }
    return transfer(request, Kind.WRITE, Kind.WRITEV, 0);
  }

  /** After zeroes: durable ones are not done yet. */
  private int settled(ImageRequest request) {
    if (!request.durable() || file.inMemory()) {
      return 0;
    }
    request.syncing = true;
    return flush(request);
  }
}
