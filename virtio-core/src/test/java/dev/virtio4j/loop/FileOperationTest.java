package dev.virtio4j.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Libc;
import dev.virtio4j.posix.Mapping;
import dev.virtio4j.posix.MemoryMap;
import dev.virtio4j.posix.NativeMemory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Whose fault it is when memory has gone away. */
class FileOperationTest {
  private static final int SIZE = 1 << 16;
  private static final int ROUNDS = 20_000;

  private static final class Counting extends FileOperation {
    int completed;
    int failed;

    @Override
    protected void completed(int result) {
      completed++;
    }

    @Override
    protected void failed(Throwable cause) {
      failed++;
    }
  }

  private static int touch(ByteBuffer gone) {
    int sum = 0;
    for (int i = 0; i < 4; i++) {
      sum += gone.getInt(i * 8);
    }
    return sum;
  }

  @Test
  void lateErrorOfAnotherGuestsMemoryIsNotBlamedOnAnOperation() {
    Counting operation = new Counting();
    int onTime = 0;
    int between = 0;
    int sum = 0;
    // What MemFd makes cannot shrink; a front-end's file may.
    try (Fd file =
        Fd.of(Libc.check(Libc.memfd_create(Libc.string("shrinks"), 0), "memfd_create"))) {
      Libc.check(Libc.ftruncate(file.value(), SIZE), "ftruncate");
      try (Mapping mapping =
          Mapping.shared(file.value(), 0, SIZE, MemoryMap.PROT_READ | MemoryMap.PROT_WRITE)) {
        ByteBuffer gone = NativeMemory.view(mapping.address(), SIZE);
        Libc.check(Libc.ftruncate(file.value(), 0), "ftruncate");
        for (int i = 0; i < ROUNDS; i++) {
          try {
            sum += touch(gone);
          } catch (InternalError e) {
            onTime++;
          }
          try {
            operation.complete(i);
          } catch (InternalError e) {
            between++; // Just before the call: nobody's.
          }
        }
      }
    }

    assertThat(operation.completed).isBetween(ROUNDS - between, ROUNDS);
    assertThat(operation.failed)
        .as("%d thrown on time, %d between, sum %d", onTime, between, sum)
        .isZero();
  }
}
