package dev.virtio4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PatternTest {
  private static final int BLOCK = 4096;

  private final ByteBuffer block = ByteBuffer.allocate(2 * BLOCK);

  @Test
  void patternMatchesItselfAtItsPlaceAlone() {
    Pattern pattern = new Pattern(3);
    pattern.fill(block, 0, BLOCK, 10 * BLOCK);

    assertThat(pattern.matches(block, 0, BLOCK, 10 * BLOCK)).isTrue();
    assertThat(pattern.matches(block, 0, BLOCK, 11 * BLOCK)).isFalse();
    assertThat(new Pattern(4).matches(block, 0, BLOCK, 10 * BLOCK)).isFalse();
  }

  @Test
  void everyByteCounts() {
    Pattern pattern = new Pattern(3);
    for (int i = 0; i < BLOCK; i++) {
      pattern.fill(block, 0, BLOCK, 0);
      block.put(i, (byte) (block.get(i) ^ 0x10));
      assertThat(pattern.matches(block, 0, BLOCK, 0)).as("byte %d changed", i).isFalse();
    }
  }

  @Test
  void patternDoesNotDependOnTheBlockSize() {
    Pattern pattern = new Pattern(3);
    pattern.fill(block, 0, BLOCK, 0);
    pattern.fill(block, BLOCK, BLOCK, BLOCK);

    assertThat(pattern.matches(block, 0, 2 * BLOCK, 0)).isTrue();
  }

  @Test
  void sequentialPositionsBeginAgain() {
    Positions positions = Positions.sequential(3);
    assertThat(LongStream.generate(positions::next).limit(5)).containsExactly(0L, 1L, 2L, 0L, 1L);
  }

  @Test
  void positionsOfASetAreItsMembersOnce() {
    BitSet set = BitSet.valueOf(new long[] {0b1000_0101});
    Positions positions = Positions.once(set);
    assertThat(LongStream.generate(positions::next).limit(5))
        .containsExactly(0L, 2L, 7L, Positions.END, Positions.END);
  }

  @Test
  void positionsOfAnEmptySetAreAtTheirEnd() {
    assertThat(Positions.once(new BitSet()).next()).isEqualTo(Positions.END);
  }

  @Test
  void randomPositionsAreInsideAndOfTheSeed() {
    Positions one = Positions.random(10, 5);
    Positions same = Positions.random(10, 5);
    for (int i = 0; i < 1000; i++) {
      long next = one.next();
      assertThat(next).isBetween(0L, 9L).isEqualTo(same.next());
    }
  }
}
