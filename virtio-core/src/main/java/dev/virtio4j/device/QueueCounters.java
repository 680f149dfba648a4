package dev.virtio4j.device;

/**
 * What a queue has counted.
 *
 * @param chains chains taken from the guest
 * @param completed chains given back
 * @param kicks notifications from the guest
 * @param interrupts interrupts sent to the guest
 * @param suppressed completions for which the guest wanted no interrupt of their own
 * @param inFlight chains taken and not given back
 */
public record QueueCounters(
    long chains, long completed, long kicks, long interrupts, long suppressed, int inFlight) {
  /** Of a queue that has never run. */
  public static final QueueCounters NONE = new QueueCounters(0, 0, 0, 0, 0, 0);

  /**
   * What both have counted.
   *
   * @param other of another run of the same queue
   * @return the sums
   */
  public QueueCounters plus(QueueCounters other) {
    return new QueueCounters(
        chains + other.chains,
        completed + other.completed,
        kicks + other.kicks,
        interrupts + other.interrupts,
        suppressed + other.suppressed,
        inFlight + other.inFlight);
  }
}
