package dev.virtio4j.guest.it;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Random;

/**
 * What each block of a disk must hold: its last acknowledged version, or while a write is in
 * flight, that one's. Each 8 bytes of a block are its number and its version.
 */
final class BlockVersions {
  static final int BLOCK = 4096;

  private final int[] acknowledged;

  /** The version that is being written; 0 for none. */
  private final int[] pending;

  private final boolean[] busy;

  BlockVersions(int blocks) {
    acknowledged = new int[blocks];
    pending = new int[blocks];
    busy = new boolean[blocks];
  }

  int blocks() {
    return acknowledged.length;
  }

  /** Takes a block that no request is on. */
  int take(Random random) {
    int block = random.nextInt(busy.length);
    while (busy[block]) {
      block = (block + 1) % busy.length;
    }
    busy[block] = true;
    return block;
  }

  /** Makes a block's next version, to be written. */
  void next(int block, ByteBuffer into) {
    pending[block] = acknowledged[block] + 1;
    fill(into, block, pending[block]);
  }

  private static void fill(ByteBuffer into, int block, int version) {
    for (int i = 0; i < BLOCK; i += 8) {
      into.putInt(i, block + 1);
      into.putInt(i + 4, version);
    }
  }

  void written(int block) {
    acknowledged[block] = pending[block];
    pending[block] = 0;
    busy[block] = false;
  }

  /** A block was read while nothing wrote it. */
  void read(int block, ByteBuffer content) {
    check(block, content);
    busy[block] = false;
  }

  private void check(int block, ByteBuffer content) {
    int version = acknowledged[block];
    for (int i = 0; i < BLOCK; i += 8) {
      int number = content.getInt(i);
      int found = content.getInt(i + 4);
      if (version == 0 ? (number | found) != 0 : number != block + 1 || found != version) {
        throw new AssertionError(
            "block %d byte %d is version %d of block %d; version %d was acknowledged"
                .formatted(block, i, found, number - 1, version));
      }
    }
  }

  /** Checks every block that no write is in flight to, in the image itself. */
  int checkImage(Path image) throws IOException {
    int checked = 0;
    ByteBuffer block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(image)) {
      for (int i = 0; i < blocks(); i++) {
        if (pending[i] == 0) {
          block.clear();
          while (block.hasRemaining()
              && channel.read(block, (long) i * BLOCK + block.position()) >= 0) {
            // Read on.
          }
          check(i, block);
          checked++;
        }
      }
    }
    return checked;
  }

  /** How many writes were acknowledged. */
  long writes() {
    long sum = 0;
    for (int version : acknowledged) {
      sum += version;
    }
    return sum;
  }
}
