package dev.virtio4j.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A device that uses a chain against a driver that goes to sleep. */
@SuppressWarnings("this-escape") // No state is extended.
public final class InterruptHandshake {
  private InterruptHandshake() {}

  /** The handshake of interrupts. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "no interrupt, and the driver waits")
  @Outcome(expect = ACCEPTABLE, desc = "interrupted, or awake")
  @State
  public static class Split extends SharedRing {
    /** Makes the two ends. */
    public Split() {
      super(false, false);
      take();
    }

    /**
     * Uses the chain.
     *
     * @param r whether it interrupts
     */
    @Actor
    public void device(II_Result r) {
      r.r1 = use();
    }

    /**
     * Goes to sleep.
     *
     * @param r whether it waits
     */
    @Actor
    public void driver(II_Result r) {
      r.r2 = await();
    }
  }

  /** The handshake of interrupts. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "no interrupt, and the driver waits")
  @Outcome(expect = ACCEPTABLE, desc = "interrupted, or awake")
  @State
  public static class SplitEventIdx extends SharedRing {
    /** Makes the two ends. */
    public SplitEventIdx() {
      super(false, true);
      take();
    }

    /**
     * Uses the chain.
     *
     * @param r whether it interrupts
     */
    @Actor
    public void device(II_Result r) {
      r.r1 = use();
    }

    /**
     * Goes to sleep.
     *
     * @param r whether it waits
     */
    @Actor
    public void driver(II_Result r) {
      r.r2 = await();
    }
  }

  /** The handshake of interrupts. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "no interrupt, and the driver waits")
  @Outcome(expect = ACCEPTABLE, desc = "interrupted, or awake")
  @State
  public static class Packed extends SharedRing {
    /** Makes the two ends. */
    public Packed() {
      super(true, false);
      take();
    }

    /**
     * Uses the chain.
     *
     * @param r whether it interrupts
     */
    @Actor
    public void device(II_Result r) {
      r.r1 = use();
    }

    /**
     * Goes to sleep.
     *
     * @param r whether it waits
     */
    @Actor
    public void driver(II_Result r) {
      r.r2 = await();
    }
  }

  /** The handshake of interrupts. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "no interrupt, and the driver waits")
  @Outcome(expect = ACCEPTABLE, desc = "interrupted, or awake")
  @State
  public static class PackedEventIdx extends SharedRing {
    /** Makes the two ends. */
    public PackedEventIdx() {
      super(true, true);
      take();
    }

    /**
     * Uses the chain.
     *
     * @param r whether it interrupts
     */
    @Actor
    public void device(II_Result r) {
      r.r1 = use();
    }

    /**
     * Goes to sleep.
     *
     * @param r whether it waits
     */
    @Actor
    public void driver(II_Result r) {
      r.r2 = await();
    }
  }
}
