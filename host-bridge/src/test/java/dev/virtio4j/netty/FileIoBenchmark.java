package dev.virtio4j.netty;

import com.sun.management.ThreadMXBean;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.loop.FileOperation;
import dev.virtio4j.netty.DeviceLoops.FileIoChoice;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.OpenFlags;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * Random 4 KiB reads through a loop's file I/O, against a plain loop of pread. Arguments: an image,
 * which is made if it is not there, and seconds for each figure.
 */
public final class FileIoBenchmark {
  private static final int BLOCK = 4096;
  private static final long SIZE = 1L << 30;

  private FileIoBenchmark() {}

  /**
   * Runs all.
   *
   * @param args the image, and seconds
   * @throws Exception if it cannot be run
   */
  public static void main(String[] args) throws Exception {
    Path image = Path.of(args[0]);
    long nanos = (long) (Double.parseDouble(args[1]) * 1e9);
    if (!Files.exists(image)) {
      byte[] chunk = new byte[1 << 20];
      try (var out = Files.newOutputStream(image)) {
        for (long i = 0; i < SIZE; i += chunk.length) {
          out.write(chunk);
        }
      }
    }
    for (int direct : new int[] {0, OpenFlags.O_DIRECT}) {
      try (Fd file = Fd.open(image, OpenFlags.O_RDONLY | direct)) {
        String kind = direct == 0 ? "cached" : "O_DIRECT";
        for (int round = 0; round < 2; round++) {
          report(kind + " pread loop", plain(file.value(), nanos));
          for (int depth : new int[] {1, 32}) {
            for (FileIoChoice choice : FileIoChoice.values()) {
              try (DeviceLoops loops = DeviceLoops.builder().fileIo(choice).start()) {
                DeviceLoop loop = loops.get(0);
                CompletableFuture<double[]> result = new CompletableFuture<>();
                loop.execute(() -> new Load(loop, file.value(), depth, nanos, result).start());
                report(kind + " " + choice + " depth " + depth, result.get());
              }
            }
          }
        }
      }
    }
  }

  private static void report(String what, double[] result) {
    System.out.printf(
        "%-28s %,10.0f reads/s  %6.2f us CPU  %6.1f bytes allocated%n",
        what, result[0], result[1], result[2]);
  }

  private static long place(long random) {
    return (random & (SIZE / BLOCK - 1)) * BLOCK;
  }

  private static long next(long random) {
    long x = random ^ (random << 13);
    x ^= x >>> 7;
    return x ^ (x << 17);
  }

  /** Reads a second, microseconds of CPU a read, bytes allocated a read, of this thread. */
  private static final class Meter {
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private long time;
    private long cpu;
    private long allocated;

    void start() {
      allocated = threads.getCurrentThreadAllocatedBytes();
      cpu = threads.getCurrentThreadCpuTime();
      time = System.nanoTime();
    }

    double[] stop(long reads) {
      double seconds = (System.nanoTime() - time) / 1e9;
      double micros = (threads.getCurrentThreadCpuTime() - cpu) / 1e3;
      double bytes = threads.getCurrentThreadAllocatedBytes() - allocated;
      return new double[] {reads / seconds, micros / reads, bytes / reads};
    }
  }

  private static double[] plain(int descriptor, long nanos) {
    ByteBuffer memory = NativeMemory.allocate(BLOCK, BLOCK);
    long address = NativeMemory.address(memory);
    Meter meter = new Meter();
    meter.start();
    long random = 88172645463325252L;
    long reads = 0;
    for (long end = System.nanoTime() + nanos; System.nanoTime() < end; reads++) {
      random = next(random);
      if (Libc.pread(descriptor, address, BLOCK, place(random)) != BLOCK) {
        throw new IllegalStateException("pread");
      }
    }
    return meter.stop(reads);
  }

  /** Keeps so many reads outstanding. On the loop. */
  private static final class Load {
    private final Meter meter = new Meter();
    private final DeviceLoop loop;
    private final int descriptor;
    private final int depth;
    private final long nanos;
    private final CompletableFuture<double[]> result;
    private final ByteBuffer memory;
    private long random = 88172645463325252L;
    private long reads;
    private long warm;
    private long end;
    private int running;

    Load(
        DeviceLoop loop,
        int descriptor,
        int depth,
        long nanos,
        CompletableFuture<double[]> result) {
      this.loop = loop;
      this.descriptor = descriptor;
      this.depth = depth;
      this.nanos = nanos;
      this.result = result;
      this.memory = NativeMemory.allocate(depth * BLOCK, BLOCK);
    }

    void start() {
      warm = System.nanoTime() + nanos / 2;
      end = warm + nanos;
      running = depth;
      for (int i = 0; i < depth; i++) {
        new Read(NativeMemory.address(memory) + (long) i * BLOCK).submit();
      }
    }

    private final class Read extends FileOperation {
      private final long address;

      Read(long address) {
        this.address = address;
      }

      void submit() {
        random = next(random);
        transfer(Kind.READ, descriptor, address, BLOCK, place(random), 0);
        loop.fileIo().submit(this);
      }

      @Override
      protected void completed(int bytes) {
        if (bytes != BLOCK) {
          result.completeExceptionally(new IllegalStateException("read: " + bytes));
          return;
        }
        long now = System.nanoTime();
        if (warm != 0 && now >= warm) {
          warm = 0;
          reads = 0;
          meter.start();
        }
        reads++;
        if (now < end) {
          submit();
        } else {
          if (running == depth) {
            double[] measured = meter.stop(reads);
            loop.schedule(50_000_000, () -> result.complete(measured));
          }
          running--;
        }
      }
    }
  }
}
