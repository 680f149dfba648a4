package dev.virtio4j.bench.compare;

import dev.virtio4j.bench.Workload;

/**
 * One thing that is run in every round.
 *
 * @param id names it in rows
 * @param subject which back-end, or the limit
 * @param load what to do to it
 */
record Trial(String id, Subject subject, Load load) {

  /** Who is measured. */
  enum Subject {
    /** This project's server. */
    OURS,
    /** qemu-storage-daemon. */
    THEIRS,
    /** This project's server, past the page cache. */
    OURS_DIRECT,
    /** qemu-storage-daemon, past the page cache. */
    THEIRS_DIRECT,
    /** A loop of pread on one thread. */
    LIMIT
  }

  /**
   * A load, as far as trials differ in it.
   *
   * @param workload what to do
   * @param blockSize bytes of a request
   * @param depth requests in flight
   * @param irq whether the client sleeps until an interrupt
   * @param eventIdx whether EVENT_IDX is negotiated
   * @param inflight whether the back-end tracks what is in flight
   * @param dirtyLog whether a dirty log is attached
   */
  record Load(
      Workload workload,
      int blockSize,
      int depth,
      boolean irq,
      boolean eventIdx,
      boolean inflight,
      boolean dirtyLog) {

    static Load polling(Workload workload, int blockSize, int depth) {
      return new Load(workload, blockSize, depth, false, false, false, false);
    }

    static Load interrupts(Workload workload, int depth, boolean eventIdx) {
      return new Load(workload, 4096, depth, true, eventIdx, false, false);
    }

    /** Whether only the built-in client can do it. */
    boolean needsOwnClient() {
      return inflight || dirtyLog;
    }
  }
}
