package dev.virtio4j.memory;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * An immutable snapshot of a guest's memory: regions that do not overlap, at guest-physical
 * addresses.
 *
 * <p>The map changes by handing running queues another snapshot; who unmaps a region first waits
 * until every queue has taken the new one and has no I/O in flight in the old.
 *
 * <p>Addresses and lengths are unsigned 64-bit numbers that the guest may have chosen freely; no
 * sum of them is trusted. A range must lie inside one region: two regions that happen to touch are
 * two allocations of the host, and only a chain of two descriptors may span them.
 */
public final class GuestMemory {
  private static final GuestMemory EMPTY = new GuestMemory(List.of(), DirtyLog.NONE);

  private final MemoryRegion[] regions;
  private final DirtyLog dirtyLog;

  private GuestMemory(List<MemoryRegion> regions, DirtyLog dirtyLog) {
    this.regions = regions.toArray(MemoryRegion[]::new);
    this.dirtyLog = dirtyLog;
  }

  /**
   * A guest without memory.
   *
   * @return the empty snapshot
   */
  public static GuestMemory empty() {
    return EMPTY;
  }

  /**
   * Makes a snapshot.
   *
   * @param regions in any order
   * @return the snapshot, without a dirty log
   * @throws GuestMemoryException if two regions overlap
   */
  public static GuestMemory of(List<? extends MemoryRegion> regions) {
    List<MemoryRegion> sorted = new ArrayList<>(regions);
    sorted.sort(Comparator.comparing(MemoryRegion::guestAddress, Long::compareUnsigned));
    for (int i = 1; i < sorted.size(); i++) {
      MemoryRegion low = sorted.get(i - 1);
      MemoryRegion high = sorted.get(i);
      if (low.contains(high.guestAddress(), 0)) {
        throw new GuestMemoryException(
            "memory regions overlap: 0x%x+0x%x and 0x%x+0x%x"
                .formatted(low.guestAddress(), low.size(), high.guestAddress(), high.size()));
      }
    }
    return new GuestMemory(sorted, DirtyLog.NONE);
  }

  /**
   * Makes a snapshot.
   *
   * @param regions in any order
   * @return the snapshot, without a dirty log
   * @throws GuestMemoryException if two regions overlap
   */
  public static GuestMemory of(MemoryRegion... regions) {
    return of(List.of(regions));
  }

  /**
   * The same memory with writes recorded elsewhere.
   *
   * @param log where; {@link DirtyLog#NONE} to stop recording
   * @return another snapshot of the same regions
   */
  public GuestMemory withDirtyLog(DirtyLog log) {
    return new GuestMemory(regions(), log);
  }

  /**
   * The regions.
   *
   * @return them, by ascending address
   */
  public List<MemoryRegion> regions() {
    return List.of(regions);
  }

  /**
   * Where writes are recorded.
   *
   * @return the log, {@link DirtyLog#NONE} where none is attached
   */
  public DirtyLog dirtyLog() {
    return dirtyLog;
  }

  /**
   * Tells whether writes are recorded.
   *
   * @return true if a dirty log is attached
   */
  public boolean logged() {
    return dirtyLog != DirtyLog.NONE;
  }

  /**
   * Finds the region that holds a range.
   *
   * @param address guest-physical address, unsigned
   * @param length bytes, unsigned
   * @return the region, or null if no region holds all of it
   */
  public MemoryRegion find(long address, long length) {
    // A guest has one to a few dozen regions, and the first ones hold nearly all of its memory.
    for (MemoryRegion region : regions) {
      if (region.contains(address, length)) {
        return region;
      }
    }
    return null;
  }

  /**
   * Tells whether a range is guest memory.
   *
   * @param address guest-physical address, unsigned
   * @param length bytes, unsigned
   * @return true if one region holds all of it
   */
  public boolean contains(long address, long length) {
    return find(address, length) != null;
  }

  /**
   * Opens a window for ordered access to a structure that both sides write, such as a ring.
   *
   * @param address guest-physical address, unsigned
   * @param length bytes, 1 to 2^20
   * @return the window
   * @throws GuestMemoryException if the range is not wholly inside one region
   */
  public MemoryWindow window(long address, int length) {
    return MemoryWindow.open(require(address, length), address, length);
  }

  /**
   * Copies guest memory out.
   *
   * @param address guest-physical address, unsigned
   * @param target filled from its position to its limit; the position moves to the limit
   * @throws GuestMemoryException if the range is not wholly inside one region
   */
  public void read(long address, ByteBuffer target) {
    int length = target.remaining();
    MemoryRegion region = require(address, length);
    region.read(address - region.guestAddress(), target, target.position(), length);
    target.position(target.limit());
  }

  /**
   * Copies into guest memory, and records it.
   *
   * @param address guest-physical address, unsigned
   * @param source taken from its position to its limit; the position moves to the limit
   * @throws GuestMemoryException if the range is not wholly inside one region
   */
  public void write(long address, ByteBuffer source) {
    int length = source.remaining();
    MemoryRegion region = require(address, length);
    region.write(address - region.guestAddress(), source, source.position(), length);
    source.position(source.limit());
    if (logged() && length > 0) {
      dirtyLog.mark(address, length);
    }
  }

  private MemoryRegion require(long address, long length) {
    MemoryRegion region = find(address, length);
    if (region == null) {
      throw new GuestMemoryException(
          "not guest memory: address=0x%x length=0x%x".formatted(address, length));
    }
    return region;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("GuestMemory[");
    for (int i = 0; i < regions.length; i++) {
      text.append(i == 0 ? "" : ", ")
          .append("0x%x+0x%x".formatted(regions[i].guestAddress(), regions[i].size()));
    }
    return text.append(']').toString();
  }
}
