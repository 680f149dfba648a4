package dev.virtio4j.bench;

import java.util.Locale;

/** What a block load does, under the names that fio gives them. */
public enum Workload {
  /** Reads at random. */
  RANDREAD(true, false, true),
  /** Writes at random. */
  RANDWRITE(false, true, true),
  /** Reads from the start on. */
  READ(true, false, false),
  /** Writes from the start on. */
  WRITE(false, true, false),
  /** Reads and writes at random, half of each. */
  RANDRW(true, true, true),
  /** Writes a pattern over the whole span, flushes, reads it back and compares. */
  VERIFY(true, true, false);

  private final boolean reads;
  private final boolean writes;
  private final boolean random;

  Workload(boolean reads, boolean writes, boolean random) {
    this.reads = reads;
    this.writes = writes;
    this.random = random;
  }

  /**
   * Whether it reads.
   *
   * @return true if it does
   */
  public boolean reads() {
    return reads;
  }

  /**
   * Whether it changes what is on the disk.
   *
   * @return true if it does
   */
  public boolean writes() {
    return writes;
  }

  /**
   * In which order it takes blocks.
   *
   * @return true if at random, false if from the start on
   */
  public boolean random() {
    return random;
  }

  /**
   * The name on the command line and in reports.
   *
   * @return lower case
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return label();
  }
}
