package dev.virtio4j.blk.image;

import dev.virtio4j.blk.io.Bounce;
import dev.virtio4j.loop.FileOperation;
import dev.virtio4j.posix.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One request to an image: prepared, submitted, finished, and then used again.
 *
 * <p>It is a {@link FileOperation} so that an image can hand it to the loop's file I/O as it is;
 * who submits it extends it and says where the data lies. Used on one loop alone.
 */
public abstract class ImageRequest extends FileOperation {
  /** What a request does. */
  public enum Op {
    /** Reads into the request's data. */
    READ,
    /** Writes from the request's data. */
    WRITE,
    /** Makes durable what writes that finished earlier wrote. */
    FLUSH,
    /** Gives storage back; the range reads as anything until it is written. */
    DISCARD,
    /** Makes the range read as zeroes. */
    WRITE_ZEROES
  }

  private Op op = Op.FLUSH;
  private long start;
  private long size;
  private boolean durable;
  private boolean unmap;

  private long base;
  private long vector;
  private int count;
  private long mapped;

  // The channel's own, while the request is in flight.
  private ImageChannel channel;
  private Object state;
  long done;
  int attempts;

  /**
   * How long the file was before the request was begun: another queue's write of the last sector
   * may make it longer while a read is under way that has met its end.
   */
  long fileBytes;

  boolean unaligned;
  boolean gated;
  boolean zeroing;
  boolean syncing;
  Bounce bounce;
  int bounced;
  ImageRequest next;
  private ByteBuffer ownVector;
  private long ownVectorAddress;

  /** Makes a request that is not prepared yet. */
  protected ImageRequest() {}

  /**
   * Sets the request up.
   *
   * @param newOp what to do
   * @param newStart bytes from the image's start; 0 for FLUSH
   * @param newSize bytes; 0 for FLUSH
   */
  public final void prepare(Op newOp, long newStart, long newSize) {
    op = newOp;
    start = newStart;
    size = newSize;
    durable = false;
    unmap = false;
  }

  /**
   * Has a WRITE or WRITE_ZEROES be durable when it finishes.
   *
   * @param newDurable whether
   */
  public final void durable(boolean newDurable) {
    durable = newDurable;
  }

  /**
   * Allows a WRITE_ZEROES to give the storage back.
   *
   * @param newUnmap whether
   */
  public final void unmap(boolean newUnmap) {
    unmap = newUnmap;
  }

  /**
   * What to do.
   *
   * @return the operation
   */
  public final Op op() {
    return op;
  }

  /**
   * Where.
   *
   * @return bytes from the image's start
   */
  public final long start() {
    return start;
  }

  /**
   * How much.
   *
   * @return bytes
   */
  public final long size() {
    return size;
  }

  /**
   * Tells whether the write must be durable when it finishes.
   *
   * @return true for write-through
   */
  public final boolean durable() {
    return durable;
  }

  /**
   * Tells whether zeroes may be written by giving the storage back.
   *
   * @return true if they may
   */
  public final boolean unmap() {
    return unmap;
  }

  // The data, by whom submits

  /**
   * Finds native addresses for part of the data, and tells them with {@link #mapped}.
   *
   * @param from bytes from the data's start
   * @param length bytes, at least 1
   * @param addressAlignment what every stretch's address must be a multiple of
   * @param lengthAlignment what every stretch's length must be a multiple of
   * @return false if part of the range has no native address, or one that is not so aligned
   */
  protected abstract boolean map(long from, long length, int addressAlignment, int lengthAlignment);

  /**
   * Copies into the data of a READ.
   *
   * @param from bytes from the data's start
   * @param source taken from its position to its limit
   */
  protected abstract void copyIn(long from, ByteBuffer source);

  /**
   * Copies out of the data of a WRITE.
   *
   * @param from bytes from the data's start
   * @param target filled from its position to its limit
   */
  protected abstract void copyOut(long from, ByteBuffer target);

  /**
   * Zeroes part of the data of a READ.
   *
   * @param from bytes from the data's start
   * @param length bytes
   */
  protected abstract void clear(long from, long length);

  /**
   * The request is finished; on the loop, outside {@link ImageChannel#submit}.
   *
   * @param result 0, or a negative errno
   */
  protected abstract void finished(int result);

  /**
   * The request cannot be finished: its data's memory could not be touched. On the loop, outside
   * {@link ImageChannel#submit}, perhaps in the middle of {@link #finished(int)}.
   *
   * @param cause what was thrown, an {@link InternalError} if a file behind guest memory was
   *     truncated
   */
  protected abstract void broken(Throwable cause);

  /**
   * Tells where the data is, for {@link #map}.
   *
   * @param firstBase native address of the first stretch
   * @param vectorAddress native address of an array of {@code struct iovec}; any if count is 1
   * @param stretches how many stretches there are
   * @param bytes how much they span
   */
  protected final void mapped(long firstBase, long vectorAddress, int stretches, long bytes) {
    base = firstBase;
    vector = vectorAddress;
    count = stretches;
    mapped = bytes;
  }

  // Use, by the channel

  /**
   * Takes the request over, for {@link ImageChannel#submit}.
   *
   * @param newChannel who gets its file operations' results
   */
  public final void begin(ImageChannel newChannel) {
    channel = newChannel;
    done = 0;
    attempts = 0;
    unaligned = false;
    gated = false;
    zeroing = false;
    syncing = false;
  }

  /**
   * Native address of the first stretch that was mapped last.
   *
   * @return an address
   */
  public final long base() {
    return base;
  }

  /**
   * The {@code struct iovec} array that was mapped last; meaningful for two stretches or more.
   *
   * @return its native address
   */
  public final long vector() {
    return vector;
  }

  /**
   * How many stretches were mapped last.
   *
   * @return 1 or more
   */
  public final int count() {
    return count;
  }

  /**
   * How much was mapped last.
   *
   * @return bytes
   */
  public final long mappedBytes() {
    return mapped;
  }

  /**
   * What an image keeps with a request object for as long as it lives.
   *
   * @return whatever was kept last; null at first
   */
  public final Object state() {
    return state;
  }

  /**
   * Keeps something with the request object.
   *
   * @param newState anything
   */
  public final void state(Object newState) {
    state = newState;
  }

  /**
   * Sets the file operation up as a read or write.
   *
   * @param kind READ, WRITE, READV or WRITEV
   * @param descriptor an open file
   * @param address of the bytes or of the array
   * @param length bytes or entries
   * @param offset bytes from the file's start
   * @param flags RWF_ flags
   */
  public final void fileTransfer(
      Kind kind, int descriptor, long address, int length, long offset, int flags) {
    transfer(kind, descriptor, address, length, offset, flags);
  }

  /**
   * Sets the file operation up as an fdatasync.
   *
   * @param descriptor an open file
   */
  public final void fileDatasync(int descriptor) {
    datasync(descriptor);
  }

  /**
   * Sets the file operation up as a fallocate.
   *
   * @param descriptor an open file
   * @param mode FALLOC_FL_ flags
   * @param offset bytes from the file's start
   * @param bytes how many
   */
  public final void fileAllocate(int descriptor, int mode, long offset, long bytes) {
    fallocate(descriptor, mode, offset, bytes);
  }

  ImageChannel channel() {
    return channel;
  }

  /** An array of one {@code struct iovec} that lives as long as the request: its address. */
  final long ownVector(long address, long length) {
    if (ownVector == null) {
      ownVector = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
      ownVectorAddress = NativeMemory.address(ownVector);
    }
    ownVector.putLong(0, address).putLong(8, length);
    return ownVectorAddress;
  }

  @Override
  protected final void completed(int result) {
    channel.advance(this, result);
  }

  @Override
  protected final void failed(Throwable cause) {
    channel.abandon(this);
    broken(cause);
  }
}
