package dev.virtio4j.blk;

import dev.virtio4j.blk.image.ImageRequest.Op;
import dev.virtio4j.queue.BufferChain;
import dev.virtio4j.queue.ChainReader;

/**
 * Reads a request once, and checks it against every rule before anything is done for it.
 *
 * <p>How the driver cut a request into descriptors means nothing, except where SEG_MAX and SIZE_MAX
 * were negotiated.
 */
final class RequestParser {
  /** What {@link #parse} returns for a request that is to be done. */
  static final int ACCEPTED = -1;

  private final BlockDevice device;
  private final boolean segMax;
  private final boolean sizeMax;
  private final boolean discards;
  private final boolean zeroes;
  private final int maxSegments;
  private final int maxRanges;

  RequestParser(BlockDevice device, long features) {
    this.device = device;
    segMax = (features & VirtioBlk.F_SEG_MAX) != 0;
    sizeMax = (features & VirtioBlk.F_SIZE_MAX) != 0;
    discards = (features & VirtioBlk.F_DISCARD) != 0;
    zeroes = (features & VirtioBlk.F_WRITE_ZEROES) != 0;
    maxSegments = device.segMax();
    maxRanges = device.config().discardSegments();
  }

  /** Fills a request from its chain, which has room for a status; ACCEPTED, or the status. */
  int parse(BlockRequest request) {
    BufferChain chain = request.chain;
    ChainReader reader = chain.reader();
    if (chain.readableBytes() < VirtioBlk.HEADER_BYTES) {
      return VirtioBlk.S_IOERR;
    }
    int type = reader.readInt();
    reader.readInt(); // Reserved; once a priority that devices may ignore.
    long sector = reader.readLong();
    long in = chain.writableBytes() - 1;
    long out = chain.readableBytes() - VirtioBlk.HEADER_BYTES;
    return switch (type) {
      case VirtioBlk.T_IN -> read(request, sector, in, out);
      case VirtioBlk.T_OUT -> write(request, sector, in, out);
      case VirtioBlk.T_FLUSH -> flush(request);
      case VirtioBlk.T_GET_ID -> id(request, in);
      case VirtioBlk.T_DISCARD -> ranges(request, in, out, false);
      case VirtioBlk.T_WRITE_ZEROES -> ranges(request, in, out, true);
      default -> VirtioBlk.S_UNSUPP;
    };
  }

  private int read(BlockRequest request, long sector, long in, long out) {
    request.op = BlockOp.READ;
    BufferChain chain = request.chain;
    if (out != 0 || !inRange(sector, in)) {
      return VirtioBlk.S_IOERR;
    }
    if (segMax || sizeMax) {
      int end = chain.segments();
      if (chain.segmentLength(end - 1) == 1) {
        end--; // The status alone.
      }
      if (exceeds(chain, chain.readableSegments(), end, in)) {
        return VirtioBlk.S_IOERR;
      }
    }
    request.dataBytes = in;
    request.prepare(Op.READ, sector * VirtioBlk.SECTOR, in);
    return ACCEPTED;
  }

  private int write(BlockRequest request, long sector, long in, long out) {
    request.op = BlockOp.WRITE;
    BufferChain chain = request.chain;
    if (device.readOnly() || in != 0 || !inRange(sector, out)) {
      return VirtioBlk.S_IOERR;
    }
    if (segMax || sizeMax) {
      int first = 0;
      long header = VirtioBlk.HEADER_BYTES;
      while (header > 0 && chain.segmentLength(first) <= header) {
        header -= chain.segmentLength(first++);
      }
      if (exceeds(chain, first, chain.readableSegments(), out)) {
        return VirtioBlk.S_IOERR;
      }
    }
    request.dataBytes = out;
    request.prepare(Op.WRITE, sector * VirtioBlk.SECTOR, out);
    request.durable(device.writeThrough());
    return ACCEPTED;
  }

  /** Whole sectors, all inside the disk; sector is unsigned and may be anything. */
  private boolean inRange(long sector, long bytes) {
    long capacity = device.capacity();
    return bytes % VirtioBlk.SECTOR == 0
        && Long.compareUnsigned(sector, capacity) <= 0
        && bytes / VirtioBlk.SECTOR <= capacity - sector;
  }

  private boolean exceeds(BufferChain chain, int first, int end, long bytes) {
    if (segMax && end - first > maxSegments) {
      return true;
    }
    if (sizeMax && bytes > ConfigSpace.SIZE_MAX) {
      for (int i = first; i < end; i++) {
        if (chain.segmentLength(i) > ConfigSpace.SIZE_MAX) {
          return true;
        }
      }
    }
    return false;
  }

  private int flush(BlockRequest request) {
    request.op = BlockOp.FLUSH;
    if (!device.offersFlush()) {
      return VirtioBlk.S_UNSUPP;
    }
    request.prepare(Op.FLUSH, 0, 0);
    return ACCEPTED;
  }

  private static int id(BlockRequest request, long in) {
    request.op = BlockOp.GET_ID;
    if (in < VirtioBlk.ID_BYTES) {
      return VirtioBlk.S_IOERR;
    }
    request.dataBytes = VirtioBlk.ID_BYTES;
    return ACCEPTED;
  }

  private int ranges(BlockRequest request, long in, long out, boolean zero) {
    request.op = zero ? BlockOp.WRITE_ZEROES : BlockOp.DISCARD;
    if (!(zero ? zeroes : discards)) {
      return VirtioBlk.S_UNSUPP;
    }
    if (in != 0 || out == 0 || out % VirtioBlk.RANGE_BYTES != 0) {
      return VirtioBlk.S_IOERR;
    }
    long count = out / VirtioBlk.RANGE_BYTES;
    if (count > maxRanges) {
      return VirtioBlk.S_UNSUPP;
    }
    request.ranges((int) count, maxRanges);
    ChainReader reader = request.chain.reader();
    int allFlags = 0;
    for (int i = 0; i < count; i++) {
      long sector = reader.readLong();
      int sectors = reader.readInt();
      int flags = reader.readInt();
      allFlags |= flags;
      request.setRange(i, sector, sectors, flags);
    }
    // Before the ranges: an unknown flag is UNSUPP whatever else is wrong (5.2.6.2).
    if ((allFlags & (zero ? ~VirtioBlk.RANGE_UNMAP : ~0)) != 0) {
      return VirtioBlk.S_UNSUPP;
    }
    long most = zero ? ConfigSpace.MAX_WRITE_ZEROES_SECTORS : ConfigSpace.MAX_DISCARD_SECTORS;
    for (int i = 0; i < count; i++) {
      long sectors = Integer.toUnsignedLong(request.rangeCount(i));
      if (sectors > most || !inRange(request.rangeSector(i), sectors * VirtioBlk.SECTOR)) {
        return VirtioBlk.S_IOERR;
      }
      request.dataBytes += sectors * VirtioBlk.SECTOR;
    }
    return ACCEPTED;
  }
}
