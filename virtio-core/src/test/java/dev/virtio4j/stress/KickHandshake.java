package dev.virtio4j.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A driver that publishes against a device that goes to sleep. */
public final class KickHandshake {
  private KickHandshake() {}

  /** The handshake of kicks. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "no kick, and the device sleeps")
  @Outcome(expect = ACCEPTABLE, desc = "kicked, or awake")
  @State
  public static class Split extends SharedRing {
    /** Makes the two ends. */
    public Split() {
      super(false, false);
    }

    /**
     * Publishes.
     *
     * @param r whether it kicks
     */
    @Actor
    public void driver(II_Result r) {
      r.r1 = publish();
    }

    /**
     * Goes to sleep.
     *
     * @param r whether it sleeps
     */
    @Actor
    public void device(II_Result r) {
      r.r2 = sleep();
    }
  }

  /** The handshake of kicks. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "no kick, and the device sleeps")
  @Outcome(expect = ACCEPTABLE, desc = "kicked, or awake")
  @State
  public static class SplitEventIdx extends SharedRing {
    /** Makes the two ends. */
    public SplitEventIdx() {
      super(false, true);
    }

    /**
     * Publishes.
     *
     * @param r whether it kicks
     */
    @Actor
    public void driver(II_Result r) {
      r.r1 = publish();
    }

    /**
     * Goes to sleep.
     *
     * @param r whether it sleeps
     */
    @Actor
    public void device(II_Result r) {
      r.r2 = sleep();
    }
  }

  /** The handshake of kicks. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "no kick, and the device sleeps")
  @Outcome(expect = ACCEPTABLE, desc = "kicked, or awake")
  @State
  public static class Packed extends SharedRing {
    /** Makes the two ends. */
    public Packed() {
      super(true, false);
    }

    /**
     * Publishes.
     *
     * @param r whether it kicks
     */
    @Actor
    public void driver(II_Result r) {
      r.r1 = publish();
    }

    /**
     * Goes to sleep.
     *
     * @param r whether it sleeps
     */
    @Actor
    public void device(II_Result r) {
      r.r2 = sleep();
    }
  }

  /** The handshake of kicks. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "no kick, and the device sleeps")
  @Outcome(expect = ACCEPTABLE, desc = "kicked, or awake")
  @State
  public static class PackedEventIdx extends SharedRing {
    /** Makes the two ends. */
    public PackedEventIdx() {
      super(true, true);
    }

    /**
     * Publishes.
     *
     * @param r whether it kicks
     */
    @Actor
    public void driver(II_Result r) {
      r.r1 = publish();
    }

    /**
     * Goes to sleep.
     *
     * @param r whether it sleeps
     */
    @Actor
    public void device(II_Result r) {
      r.r2 = sleep();
    }
  }
}
