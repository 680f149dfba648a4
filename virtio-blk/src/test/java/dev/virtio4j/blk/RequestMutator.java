package dev.virtio4j.blk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Makes requests that are right, and changes most of them. */
final class RequestMutator {
  /** No part of a request is longer. */
  static final int MOST = 8192;

  private static final int[] TYPES = {0, 0, 0, 0, 1, 1, 1, 1, 4, 8, 11, 11, 13, 13};

  private final SplittableRandom random;
  private final int capacity;

  private int type;
  private int reserved;
  private long sector;
  private byte[] out;
  private int in;
  private int header;
  private boolean status;
  private int mutations;

  RequestMutator(SplittableRandom random, int capacity) {
    this.random = random;
    this.capacity = capacity;
  }

  /** Goes on to the next request. */
  void next() {
    right();
    mutations = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(3);
    for (int i = 0; i < mutations; i++) {
      change();
    }
  }

  /** What the device reads. */
  byte[] readable() {
    ByteBuffer bytes = ByteBuffer.allocate(16 + out.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(type).putInt(reserved).putLong(sector).put(out);
    return header < 16 ? Arrays.copyOf(bytes.array(), header) : bytes.array();
  }

  /** How many bytes the device may write. */
  int writable() {
    return status ? in + 1 : 0;
  }

  /** How many fields were changed. */
  int mutations() {
    return mutations;
  }

  private void right() {
    type = TYPES[random.nextInt(TYPES.length)];
    reserved = 0;
    header = 16;
    status = true;
    int count = 1 + random.nextInt(8);
    sector = random.nextInt(capacity - count + 1);
    out = new byte[0];
    in = 0;
    switch (type) {
      case VirtioBlk.T_IN -> in = 512 * count;
      case VirtioBlk.T_OUT -> out = bytes(512 * count);
      case VirtioBlk.T_GET_ID -> in = 20;
      case VirtioBlk.T_DISCARD, VirtioBlk.T_WRITE_ZEROES -> ranges();
      default -> {}
    }
  }

  private byte[] bytes(int length) {
    byte[] some = new byte[length];
    random.nextBytes(some);
    return some;
  }

  private void ranges() {
    int ranges = 1 + random.nextInt(3);
    ByteBuffer list = ByteBuffer.allocate(16 * ranges).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < ranges; i++) {
      int count = random.nextInt(9);
      list.putLong(random.nextInt(capacity - count + 1)).putInt(count);
      list.putInt(type == VirtioBlk.T_WRITE_ZEROES ? random.nextInt(2) : 0);
    }
    sector = 0;
    out = list.array();
  }

  private void change() {
    switch (random.nextInt(9)) {
      case 0 -> type = random.nextInt(3) == 0 ? random.nextInt() : random.nextInt(16);
      case 1 -> sector = oddSector();
      case 2 -> reserved = random.nextInt();
      case 3 -> in = oddLength(in);
      case 4 -> {
        int before = out.length;
        out = Arrays.copyOf(out, oddLength(before));
      }
      case 5 -> range();
      case 6 -> range();
      case 7 -> {
        if (out.length > 0) {
          out[random.nextInt(out.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      default -> {
        if (random.nextInt(4) == 0) {
          header = random.nextInt(16);
        } else if (random.nextInt(3) == 0) {
          status = false;
        } else {
          sector = oddSector();
        }
      }
    }
  }

  private long oddSector() {
    return switch (random.nextInt(9)) {
      case 0 -> capacity;
      case 1 -> capacity - 1;
      case 2 -> capacity + 1;
      case 3 -> -1;
      case 4 -> Long.MIN_VALUE;
      case 5 -> (1L << 55) + random.nextInt(capacity);
      case 6 -> (1L << 32) + random.nextInt(capacity);
      case 7 -> capacity - random.nextInt(9);
      default -> random.nextLong();
    };
  }

  private int oddLength(int length) {
    int odd =
        switch (random.nextInt(9)) {
          case 0 -> 0;
          case 1 -> 1;
          case 2 -> length - 1;
          case 3 -> length + 1;
          case 4 -> length + 512;
          case 5 -> length - 512;
          case 6 -> 16 * random.nextInt(8);
          case 7 -> 19 + random.nextInt(3);
          default -> random.nextInt(MOST);
        };
    return Math.max(0, Math.min(odd, MOST - 512));
  }

  /** Changes a field of a range, or what would be one. */
  private void range() {
    if (out.length < 16) {
      return;
    }
    ByteBuffer list = ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN);
    int at = 16 * random.nextInt(out.length / 16);
    switch (random.nextInt(3)) {
      case 0 -> list.putLong(at, oddSector());
      case 1 -> list.putInt(at + 8, oddCount());
      default -> list.putInt(at + 12, 1 << random.nextInt(random.nextBoolean() ? 3 : 32));
    }
  }

  private int oddCount() {
    return switch (random.nextInt(7)) {
      case 0 -> 0;
      case 1 -> -1;
      case 2 -> Integer.MIN_VALUE;
      case 3 -> capacity + random.nextInt(2);
      case 4 -> (1 << 17) + random.nextInt(2);
      case 5 -> (1 << 22) + random.nextInt(2);
      default -> random.nextInt(capacity);
    };
  }
}
