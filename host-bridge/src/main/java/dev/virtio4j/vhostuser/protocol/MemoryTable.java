package dev.virtio4j.vhostuser.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The payload of SET_MEM_TABLE.
 *
 * @param regions at most {@link MessageHeader#MAX_DESCRIPTORS}, each with a descriptor
 */
public record MemoryTable(List<MemoryRegionDescription> regions) {
  private static final int REGIONS_AT = 8;

  /**
   * Copies the list.
   *
   * @param regions see above
   */
  public MemoryTable {
    regions = List.copyOf(regions);
  }

  /**
   * Reads one. UML sends room for more regions than it counts; what is past the count is ignored.
   *
   * @param source the whole payload, in native byte order
   * @return the table, or null if the payload is too short for its own count, or has a tail that is
   *     not room for regions, or the count is 0 or too large
   */
  public static MemoryTable read(ByteBuffer source) {
    int bytes = source.remaining() - REGIONS_AT;
    if (bytes < 0 || bytes % MemoryRegionDescription.BYTES != 0) {
      return null;
    }
    int room = bytes / MemoryRegionDescription.BYTES;
    int count = source.getInt();
    source.getInt();
    if (count < 1 || count > room || room > MessageHeader.MAX_DESCRIPTORS) {
      return null;
    }
    List<MemoryRegionDescription> regions = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      regions.add(MemoryRegionDescription.read(source));
    }
    return new MemoryTable(regions);
  }

  /**
   * How long the payload is.
   *
   * @return bytes
   */
  public int bytes() {
    return REGIONS_AT + MemoryRegionDescription.BYTES * regions.size();
  }

  /**
   * Writes it.
   *
   * @param target in native byte order
   */
  public void write(ByteBuffer target) {
    target.putInt(regions.size()).putInt(0);
    regions.forEach(region -> region.write(target));
  }
}
