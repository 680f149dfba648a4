package dev.virtio4j.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.posix.Mapping;
import dev.virtio4j.posix.NativeMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestMemoryTest {
  private static MappedRegion region(long address, int size) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(size + 8).alignedSlice(8).slice(0, size);
    return MappedRegion.of(address, buffer, NativeMemory.address(buffer));
  }

  @ParameterizedTest
  @CsvSource({
    "1000, 0, true",
    "1000, 1, true",
    "1000, 1000, true",
    "1000, 1001, false",
    "1fff, 1, true",
    "1fff, 2, false",
    "2000, 0, false",
    "2000, 1, false",
    "fff, 1, false",
    "fff, 2, false",
    "0, 1, false",
    "1001, ffffffffffffffff, false",
    "1001, 8000000000000000, false",
    "ffffffffffffffff, 1, false",
    "ffffffffffffff00, 1100, false",
    "8000000000001000, 1, false"
  })
  void aRangeIsInsideOrItIsNotWhateverItsNumbers(String address, String length, boolean inside) {
    GuestMemory memory = GuestMemory.of(region(0x1000, 0x1000));
    assertThat(
            memory.contains(
                Long.parseUnsignedLong(address, 16), Long.parseUnsignedLong(length, 16)))
        .isEqualTo(inside);
  }

  @Test
  void aRegionMayEndAtTheTopOfTheAddressSpace() {
    long base = -0x1000L;
    GuestMemory memory = GuestMemory.of(region(base, 0x1000), region(0, 0x1000));
    assertThat(memory.regions().get(0).guestAddress()).isZero();
    assertThat(memory.contains(-1L, 1)).isTrue();
    assertThat(memory.contains(-1L, 2)).isFalse();
    assertThat(memory.contains(base, 0x1000)).isTrue();
    assertThat(memory.contains(base, 0x1001)).isFalse();
    memory.write(-8L, ByteBuffer.allocate(8).putLong(0, 42));
    ByteBuffer read = ByteBuffer.allocate(8);
    memory.read(-8L, read);
    assertThat(read.getLong(0)).isEqualTo(42);
    assertThatThrownBy(() -> memory.read(-4L, ByteBuffer.allocate(8)))
        .isInstanceOf(GuestMemoryException.class);
    assertThatThrownBy(() -> region(base, 0x1001)).hasMessageContaining("wraps past 2^64");
  }

  @Test
  void regionsThatOverlapAreRefusedAndThoseThatTouchAreTwo() {
    assertThatThrownBy(() -> GuestMemory.of(region(0x1000, 0x1000), region(0x1ff8, 16)))
        .isInstanceOf(GuestMemoryException.class)
        .hasMessage("memory regions overlap: 0x1000+0x1000 and 0x1ff8+0x10");
    assertThatThrownBy(() -> GuestMemory.of(region(0x1000, 8), region(0x1000, 8)))
        .isInstanceOf(GuestMemoryException.class);
    GuestMemory memory = GuestMemory.of(region(0x2000, 0x1000), region(0x1000, 0x1000));
    assertThat(memory.contains(0x1ff8, 8)).isTrue();
    assertThat(memory.contains(0x1ff9, 8)).isFalse();
    assertThat(memory.find(0x2000, 1).guestAddress()).isEqualTo(0x2000);
  }

  @Test
  void whereAddressesAreAlignedDifferentlyARegionIsRefused() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    long address = NativeMemory.address(buffer);
    assertThatThrownBy(() -> MappedRegion.of(0x1004, buffer, address & -8L))
        .isInstanceOf(GuestMemoryException.class)
        .hasMessageContaining("aligned differently");
  }

  @Test
  void writesAreRecordedAndReadsAreNot() {
    List<String> marks = new ArrayList<>();
    GuestMemory memory =
        GuestMemory.of(region(0x1000, 0x1000))
            .withDirtyLog((address, length) -> marks.add("%x+%x".formatted(address, length)));
    assertThat(memory.logged()).isTrue();
    memory.write(0x1800, ByteBuffer.allocate(5));
    memory.write(0x1900, ByteBuffer.allocate(0));
    memory.read(0x1000, ByteBuffer.allocate(8));
    assertThat(marks).containsExactly("1800+5");
    assertThat(memory.withDirtyLog(DirtyLog.NONE).logged()).isFalse();
  }

  @Test
  void accessCrossesTheBordersOfLargeMappings() {
    long size = (3L << 30) + (1 << 20);
    // Nothing of it is touched but a few pages.
    try (Mapping mapping = Mapping.anonymous(size)) {
      MappedRegion region =
          MappedRegion.of(0x1_0000_0000L, size, mapping.address(), NativeMemory::view);
      GuestMemory memory = GuestMemory.of(region);
      ByteBuffer pattern = ByteBuffer.allocate(4096);
      for (int i = 0; i < 4096; i++) {
        pattern.put(i, (byte) (i * 31));
      }
      for (long border = 1L << 30; border < size; border += 1L << 30) {
        for (int before = 1; before < 9; before++) {
          region.putLong(border - before, 0x0102_0304_0506_0708L);
          assertThat(region.getLong(border - before)).isEqualTo(0x0102_0304_0506_0708L);
          assertThat(mapping.view(border - before, 8).getLong(0)).isEqualTo(0x0102_0304_0506_0708L);
          assertThat(region.getShort(border - 1)).isEqualTo(region.getShort(border - 1));
        }
        memory.write(region.guestAddress() + border - 100, pattern.duplicate());
        ByteBuffer back = ByteBuffer.allocate(4096);
        memory.read(region.guestAddress() + border - 100, back);
        assertThat(back.flip()).isEqualTo(pattern.duplicate());
        region.clear(border - 100, 4096);
        assertThat(region.getLong(border - 4)).isZero();
        // The longest ring there is.
        MemoryWindow window = memory.window(region.guestAddress() + border - 4096, 16 * 32768);
        window.putLong(8192, 7);
        assertThat(region.getLong(border + 4096)).isEqualTo(7);
      }
      region.putByte(size - 1, (byte) 9);
      assertThat(region.getByte(size - 1)).isEqualTo((byte) 9);
      assertThatThrownBy(() -> region.getByte(size)).isInstanceOf(RuntimeException.class);
    }
  }

  @Test
  void aWindowChecksItsBounds() {
    MemoryWindow window = GuestMemory.of(region(0x1000, 0x1000)).window(0x1010, 16);
    window.putShortRelease(14, (short) 5);
    assertThat(window.getShortAcquire(14)).isEqualTo((short) 5);
    assertThatThrownBy(() -> window.getShort(15)).isInstanceOf(RuntimeException.class);
    assertThatThrownBy(() -> window.putLong(16, 1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> GuestMemory.of(region(0x1000, 16)).window(0x1008, 9))
        .isInstanceOf(GuestMemoryException.class);
  }
}
