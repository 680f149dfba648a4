package dev.virtio4j.blk;

import dev.virtio4j.driver.Segment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * A disk in an array, and what a request must come to by the table of {@link BlockDevice}: worked
 * out from the request's bytes, with none of the device's own code.
 */
final class BlockModel {
  /** The status of a request that has no room for one. */
  static final int NONE = -1;

  private static final int IN = 0;
  private static final int OUT = 1;
  private static final int FLUSH = 4;
  private static final int GET_ID = 8;
  private static final int DISCARD = 11;
  private static final int WRITE_ZEROES = 13;
  private static final int OK = 0;
  private static final int IOERR = 1;
  private static final int UNSUPP = 2;
  private static final int SECTOR = 512;
  private static final int HEADER = 16;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  final byte[] disk;
  private final int capacity;
  private final BlockDeviceConfig config;
  private final long features;

  BlockModel(byte[] disk, BlockDeviceConfig config, long features) {
    this.disk = disk;
    this.capacity = disk.length / SECTOR;
    this.config = config;
    this.features = features;
  }

  /** Part of the disk that a request reads or changes. */
  private record Range(int sector, int count) {}

  /**
   * What a request comes to.
   *
   * @param status its status byte, or NONE
   */
  record Verdict(int type, int status, ByteBuffer out, int in, List<Range> ranges) {
    /** Adds the sectors that it touches; false if one was there already. */
    boolean touch(BitSet sectors) {
      boolean free = true;
      for (Range range : ranges) {
        int at = sectors.nextSetBit(range.sector);
        free &= at < 0 || at >= range.sector + range.count;
      }
      ranges.forEach(range -> sectors.set(range.sector, range.sector + range.count));
      return free;
    }
  }

  /** Judges a request by what its segments hold now. */
  Verdict judge(List<Segment> segments, ByteBuffer memory, long base) {
    int readable = 0;
    int writable = 0;
    for (Segment segment : segments) {
      readable += segment.writable() ? 0 : segment.length();
      writable += segment.writable() ? segment.length() : 0;
    }
    ByteBuffer all = ByteBuffer.allocate(readable).order(ByteOrder.LITTLE_ENDIAN);
    for (Segment segment : segments) {
      if (!segment.writable() && segment.length() > 0) {
        all.put(memory.slice((int) (segment.address() - base), segment.length()));
      }
    }
    all.flip();
    if (writable == 0) {
      return new Verdict(NONE, NONE, NOTHING, 0, List.of());
    }
    if (readable < HEADER) {
      return refused(NONE, IOERR);
    }
    int type = all.getInt(0);
    long sector = all.getLong(8);
    byte[] out = Arrays.copyOfRange(all.array(), HEADER, readable);
    ByteBuffer kept = ByteBuffer.wrap(out);
    int in = writable - 1;
    return switch (type) {
      case IN -> read(sector, out, in, dataSegments(segments, true));
      case OUT -> write(sector, out, in, dataSegments(segments, false));
      case FLUSH ->
          config.sync() == SyncMode.NONE
              ? refused(type, UNSUPP)
              : new Verdict(type, OK, kept, in, List.of());
      case GET_ID -> in < 20 ? refused(type, IOERR) : new Verdict(type, OK, kept, in, List.of());
      case DISCARD -> ranges(type, VirtioBlk.F_DISCARD, 0, 1 << 22, out, in);
      case WRITE_ZEROES -> ranges(type, VirtioBlk.F_WRITE_ZEROES, 1, 1 << 17, out, in);
      default -> refused(type, UNSUPP);
    };
  }

  private static Verdict refused(int type, int status) {
    return new Verdict(type, status, NOTHING, 0, List.of());
  }

  /** How many segments hold data, of a read or of a write. */
  private static int dataSegments(List<Segment> segments, boolean writable) {
    List<Integer> lengths = new ArrayList<>();
    for (Segment segment : segments) {
      if (segment.writable() == writable && segment.length() > 0) {
        lengths.add(segment.length());
      }
    }
    if (writable) {
      return lengths.get(lengths.size() - 1) == 1 ? lengths.size() - 1 : lengths.size();
    }
    int before = 0;
    int count = 0;
    for (int length : lengths) {
      before += length;
      count += before > HEADER ? 1 : 0;
    }
    return count;
  }

  private boolean inside(long sector, long count) {
    return sector >= 0 && sector <= capacity && count <= capacity - sector;
  }

  private boolean tooMany(int segments) {
    int most = Math.max(1, config.queueSize() - 2);
    return (features & VirtioBlk.F_SEG_MAX) != 0 && segments > most;
  }

  private Verdict read(long sector, byte[] out, int in, int segments) {
    if (out.length != 0 || in % SECTOR != 0 || !inside(sector, in / SECTOR) || tooMany(segments)) {
      return refused(IN, IOERR);
    }
    return new Verdict(IN, OK, NOTHING, in, List.of(new Range((int) sector, in / SECTOR)));
  }

  private Verdict write(long sector, byte[] out, int in, int segments) {
    if (config.readOnly()
        || in != 0
        || out.length % SECTOR != 0
        || !inside(sector, out.length / SECTOR)
        || tooMany(segments)) {
      return refused(OUT, IOERR);
    }
    return new Verdict(
        OUT, OK, ByteBuffer.wrap(out), in, List.of(new Range((int) sector, out.length / SECTOR)));
  }

  private Verdict ranges(int type, long feature, int known, int most, byte[] out, int in) {
    if ((features & feature) == 0) {
      return refused(type, UNSUPP);
    }
    if (in != 0 || out.length == 0 || out.length % 16 != 0) {
      return refused(type, IOERR);
    }
    if (out.length / 16 > config.discardSegments()) {
      return refused(type, UNSUPP);
    }
    ByteBuffer list = ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 12; at < out.length; at += 16) {
      if ((list.getInt(at) & ~known) != 0) {
        return refused(type, UNSUPP);
      }
    }
    List<Range> ranges = new ArrayList<>();
    for (int at = 0; at < out.length; at += 16) {
      long sector = list.getLong(at);
      long count = Integer.toUnsignedLong(list.getInt(at + 8));
      if (count > most || !inside(sector, count)) {
        return refused(type, IOERR);
      }
      ranges.add(new Range((int) sector, (int) count));
    }
    return new Verdict(type, OK, ByteBuffer.wrap(out), in, ranges);
  }

  /** Does what was judged; what the request's writable bytes must hold from the first one on. */
  byte[] perform(Verdict verdict) {
    if (verdict.status != OK) {
      return new byte[0];
    }
    int sector = verdict.ranges.isEmpty() ? 0 : verdict.ranges.get(0).sector;
    switch (verdict.type) {
      case IN -> {
        return Arrays.copyOfRange(disk, sector * SECTOR, sector * SECTOR + verdict.in);
      }
      case GET_ID -> {
        byte[] serial = config.serial().getBytes(StandardCharsets.US_ASCII);
        return Arrays.copyOf(serial, 20);
      }
      case OUT -> verdict.out.get(0, disk, sector * SECTOR, verdict.out.capacity());
      case DISCARD, WRITE_ZEROES -> {
        for (Range range : verdict.ranges) {
          int from = range.sector * SECTOR;
          Arrays.fill(disk, from, from + range.count * SECTOR, (byte) 0);
        }
      }
      default -> {}
    }
    return new byte[0];
  }
}
