package dev.virtio4j.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Contents before the index or flags that publish them. */
@SuppressWarnings("this-escape") // No state is extended.
public final class Visibility {
  private Visibility() {}

  /** What was written before a request was published is seen with it. */
  @JCStressTest
  @Outcome(
      id = {"0", "1"},
      expect = ACCEPTABLE,
      desc = "nothing, or all of it")
  @Outcome(expect = FORBIDDEN, desc = "half a request")
  @State
  public static class SplitRequest extends SharedRing {
    /** Makes the two ends. */
    public SplitRequest() {
      super(false, false);
    }

    /** Sends. */
    @Actor
    public void driver() {
      send();
    }

    /**
     * Receives.
     *
     * @param r what it saw
     */
    @Actor
    public void device(I_Result r) {
      r.r1 = receive();
    }
  }

  /** What was written before a request was published is seen with it. */
  @JCStressTest
  @Outcome(
      id = {"0", "1"},
      expect = ACCEPTABLE,
      desc = "nothing, or all of it")
  @Outcome(expect = FORBIDDEN, desc = "half a request")
  @State
  public static class PackedRequest extends SharedRing {
    /** Makes the two ends. */
    public PackedRequest() {
      super(true, false);
    }

    /** Sends. */
    @Actor
    public void driver() {
      send();
    }

    /**
     * Receives.
     *
     * @param r what it saw
     */
    @Actor
    public void device(I_Result r) {
      r.r1 = receive();
    }
  }

  /** What was written before a chain was used is seen with it. */
  @JCStressTest
  @Outcome(
      id = {"0", "1"},
      expect = ACCEPTABLE,
      desc = "nothing, or all of it")
  @Outcome(expect = FORBIDDEN, desc = "half an answer")
  @State
  public static class SplitAnswer extends SharedRing {
    /** Makes the two ends. */
    public SplitAnswer() {
      super(false, false);
      take();
    }

    /** Answers. */
    @Actor
    public void device() {
      answer();
    }

    /**
     * Reads the answer.
     *
     * @param r what it saw
     */
    @Actor
    public void driver(I_Result r) {
      r.r1 = read();
    }
  }

  /** What was written before a chain was used is seen with it. */
  @JCStressTest
  @Outcome(
      id = {"0", "1"},
      expect = ACCEPTABLE,
      desc = "nothing, or all of it")
  @Outcome(expect = FORBIDDEN, desc = "half an answer")
  @State
  public static class PackedAnswer extends SharedRing {
    /** Makes the two ends. */
    public PackedAnswer() {
      super(true, false);
      take();
    }

    /** Answers. */
    @Actor
    public void device() {
      answer();
    }

    /**
     * Reads the answer.
     *
     * @param r what it saw
     */
    @Actor
    public void driver(I_Result r) {
      r.r1 = read();
    }
  }
}
