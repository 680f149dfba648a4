package dev.virtio4j.bench;

/** Is told a few times a second how far a load is. */
@FunctionalInterface
public interface LoadProgress {
  /**
   * How far it is.
   *
   * @param what what is being done
   * @param share how much of it, 0 to 1
   */
  void at(String what, double share);
}
