package dev.virtio4j.vhostuser.session;

import dev.virtio4j.memory.GuestMemory;
import dev.virtio4j.memory.GuestMemoryException;
import dev.virtio4j.memory.MappedRegion;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.posix.Mapping;
import dev.virtio4j.posix.MemoryMap;
import dev.virtio4j.posix.NativeMemory;
import dev.virtio4j.posix.PosixException;
import dev.virtio4j.vhostuser.RequestRefusedException;
import dev.virtio4j.vhostuser.protocol.MemoryRegionDescription;
import java.util.ArrayList;
import java.util.List;

/**
 * The guest's memory as the front-end described it, mapped here.
 *
 * <p>What is taken out stays mapped until {@link #releaseRetired()}: who calls that has waited
 * until no queue uses it.
 */
final class SessionMemory implements AutoCloseable {
  /** Regions that there may be: as many as QEMU has memory slots on x86 (ACPI_MAX_RAM_SLOTS). */
  static final int MAX_SLOTS = 256;

  private static final long PAGE_MASK = 0xfff;

  private List<Region> regions = List.of();
  private final List<Region> retired = new ArrayList<>();
  private final List<MappedDirtyLog> retiredLogs = new ArrayList<>();
  private GuestMemory snapshot = GuestMemory.empty();
  private MappedDirtyLog log;
  private boolean logging;

  /** One region; its file stays open, so that one can see whether it still has its length. */
  private record Region(
      MemoryRegionDescription description, Fd file, Mapping mapping, MappedRegion mapped)
      implements AutoCloseable {
    static Region map(MemoryRegionDescription description, Fd file) {
      check(description, file);
      Mapping mapping;
      try {
        mapping =
            Mapping.shared(
                file.value(),
                description.mmapOffset(),
                description.size(),
                MemoryMap.PROT_READ | MemoryMap.PROT_WRITE);
      } catch (PosixException e) {
        throw new ProtocolException(text(description) + " cannot be mapped: " + e.getMessage());
      }
      try {
        return new Region(
            description,
            file,
            mapping,
            MappedRegion.of(
                description.guestAddress(),
                description.size(),
                mapping.address(),
                NativeMemory::view));
      } catch (GuestMemoryException e) {
        mapping.close();
        throw new ProtocolException(text(description) + ": " + e.getMessage());
      }
    }

    private static void check(MemoryRegionDescription description, Fd file) {
      String text = text(description);
      long length = DescriptorKind.requireFile(file, text).size();
      long address = description.guestAddress();
      long size = description.size();
      long offset = description.mmapOffset();
      if (((address | size | offset) & PAGE_MASK) != 0) {
        throw new ProtocolException(text + " is not aligned to pages of 4096 bytes");
      }
      if (size <= 0 || wraps(address, size) || wraps(description.userAddress(), size)) {
        throw new ProtocolException(text + " is empty, too large, or wraps");
      }
      if (offset < 0 || offset > length || size > length - offset) {
        throw new ProtocolException(text + " ends past the end of its file of " + length);
      }
    }

    private static boolean wraps(long address, long size) {
      return Long.compareUnsigned(address + (size - 1), address) < 0;
    }

    boolean matches(MemoryRegionDescription other) {
      return description.guestAddress() == other.guestAddress()
          && description.userAddress() == other.userAddress()
          && description.size() == other.size();
    }

    boolean shrunk() {
      return DescriptorKind.of(file).size() - description.mmapOffset() < description.size();
    }

    @Override
    public void close() {
      mapping.close();
      file.close();
    }
  }

  static String text(MemoryRegionDescription description) {
    return "memory region at 0x%x with 0x%x bytes from 0x%x of its file"
        .formatted(description.guestAddress(), description.size(), description.mmapOffset());
  }

  /**
   * Replaces all regions.
   *
   * @param descriptions the regions
   * @param files the file of each; taken over
   */
  void replace(List<MemoryRegionDescription> descriptions, List<Fd> files) {
    List<Region> mapped = new ArrayList<>();
    boolean done = false;
    try {
      for (int i = 0; i < descriptions.size(); i++) {
        mapped.add(Region.map(descriptions.get(i), files.get(i)));
      }
      GuestMemory memory = snapshotOf(mapped);
      retired.addAll(regions);
      regions = List.copyOf(mapped);
      snapshot = memory;
      done = true;
    } finally {
      if (!done) {
        mapped.forEach(Region::close);
        files.forEach(Fd::close);
      }
    }
  }

  /**
   * Adds a region.
   *
   * @param description the region
   * @param file its file; taken over
   * @throws RequestRefusedException if there are too many
   */
  void add(MemoryRegionDescription description, Fd file) {
    boolean done = false;
    try {
      if (regions.size() >= MAX_SLOTS) {
        throw new RequestRefusedException(
            "there are %d memory regions already, the most that are served".formatted(MAX_SLOTS));
      }
      Region region = Region.map(description, file);
      List<Region> more = new ArrayList<>(regions);
      more.add(region);
      try {
        snapshot = snapshotOf(more);
        done = true;
      } finally {
        if (!done) {
          region.close();
        }
      }
      regions = List.copyOf(more);
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  /**
   * Takes a region out.
   *
   * @param description address, size and user address of one that was added
   * @throws RequestRefusedException if there is no such region
   */
  void remove(MemoryRegionDescription description) {
    List<Region> fewer = new ArrayList<>(regions);
    Region gone =
        fewer.stream()
            .filter(region -> region.matches(description))
            .findFirst()
            .orElseThrow(() -> new RequestRefusedException("there is no " + text(description)));
    fewer.remove(gone);
    snapshot = snapshotOf(fewer);
    regions = List.copyOf(fewer);
    retired.add(gone);
  }

  private static GuestMemory snapshotOf(List<Region> regions) {
    try {
      return GuestMemory.of(regions.stream().map(Region::mapped).toList());
    } catch (GuestMemoryException e) {
      throw new ProtocolException(e.getMessage());
    }
  }

  /**
   * Where writes are logged while they are.
   *
   * @param next taken over; the one before is retired
   */
  void log(MappedDirtyLog next) {
    if (log != null) {
      retiredLogs.add(log);
    }
    log = next;
  }

  /** Logs writes from now on, or no longer. */
  void logging(boolean on) {
    logging = on;
  }

  /** Whether writes are to be logged. */
  boolean logging() {
    return logging;
  }

  /**
   * The memory as queues see it.
   *
   * @throws ProtocolException if it is to be logged and the log has no bit for some of it
   */
  GuestMemory current() {
    if (!logging || log == null) {
      return snapshot;
    }
    long last = lastAddress();
    if (!log.covers(last)) {
      throw new ProtocolException(
          "the dirty log is too short: it has no bit for address 0x%x".formatted(last));
    }
    return snapshot.withDirtyLog(log);
  }

  boolean isEmpty() {
    return regions.isEmpty();
  }

  /**
   * Translates an address of the front-end's own into a guest-physical one.
   *
   * @param userAddress the front-end's address, unsigned
   * @return the guest's; -1, which is never aligned as a ring must be, if it is in no region
   */
  long guestAddress(long userAddress) {
    for (Region region : regions) {
      MemoryRegionDescription description = region.description();
      long offset = userAddress - description.userAddress();
      if (Long.compareUnsigned(offset, description.size()) < 0) {
        return description.guestAddress() + offset;
      }
    }
    return -1;
  }

  /** The highest guest-physical address that there is; 0 without memory. */
  private long lastAddress() {
    return regions.stream()
        .map(Region::description)
        .map(description -> description.guestAddress() + (description.size() - 1))
        .max(Long::compareUnsigned)
        .orElse(0L);
  }

  /** Whether a file behind the memory has become shorter than what was mapped of it. */
  boolean shrunk() {
    return regions.stream().anyMatch(Region::shrunk)
        || retired.stream().anyMatch(Region::shrunk)
        || (log != null && log.shrunk());
  }

  /** Unmaps what was taken out. */
  void releaseRetired() {
    retired.forEach(Region::close);
    retired.clear();
    retiredLogs.forEach(MappedDirtyLog::close);
    retiredLogs.clear();
  }

  /** Unmaps all. No queue may use it any more. */
  @Override
  public void close() {
    log(null);
    releaseRetired();
    regions.forEach(Region::close);
    regions = List.of();
    snapshot = GuestMemory.empty();
  }
}
