package dev.virtio4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.bench.compare.Row.Outcome;
import dev.virtio4j.bench.compare.Sample.Metric;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RowTest {
  private static Sample sample(double iops, double p50) {
    return new Sample(iops, 0, p50, 0, 1, Map.of());
  }

  private final Map<String, List<Sample>> samples =
      Map.of(
          "ours", List.of(sample(300, 2), sample(100, 1), sample(200, 3)),
          "theirs", List.of(sample(100, 10), sample(100, 10), sample(50, 10)));

  @Test
  void ratioIsThatOfTheMediansAndTheSpreadThatOfTheRounds() {
    Outcome outcome = new Row("x", Metric.IOPS, "ours", "theirs", 2).of(samples);

    assertThat(outcome.value()).isEqualTo(200);
    assertThat(outcome.against()).isEqualTo(100);
    assertThat(outcome.ratio()).isEqualTo(2);
    assertThat(outcome.least()).isEqualTo(1);
    assertThat(outcome.most()).isEqualTo(4);
    assertThat(outcome.met()).isTrue();
  }

  @Test
  void goalIsALowerBoundWhereMoreIsBetterAndAnUpperOneWhereLessIs() {
    assertThat(new Row("x", Metric.IOPS, "ours", "theirs", 2.1).of(samples).met()).isFalse();
    assertThat(new Row("x", Metric.P50, "ours", "theirs", 0.2).of(samples).met()).isTrue();
    assertThat(new Row("x", Metric.P50, "ours", "theirs", 0.19).of(samples).met()).isFalse();
    assertThat(new Row("x", Metric.P50, "ours", "theirs", Double.NaN).of(samples).met()).isTrue();
  }

  @Test
  void rowWhoseTrialWasNotRunIsLeftOut() {
    assertThat(new Row("x", Metric.IOPS, "ours", "nobody", 2).of(samples)).isNull();
  }

  @Test
  void medianOfAnEvenCountIsTheMeanOfTheMiddle() {
    assertThat(Medians.of(List.of(4.0, 1.0, 3.0, 100.0))).isEqualTo(3.5);
    assertThat(Medians.of(List.of())).isNaN();
  }

  @Test
  void everyRowOfThePlanRefersToTrials() {
    Plan plan = Plan.full(true);
    List<String> ids = plan.trials().stream().map(Trial::id).toList();

    assertThat(ids).doesNotHaveDuplicates();
    assertThat(plan.rows()).allSatisfy(row -> assertThat(ids).contains(row.trial(), row.against()));
    assertThat(plan.withoutOwnClient().rows())
        .noneMatch(row -> row.label().contains("INFLIGHT") || row.label().contains("dirty"));
  }

  @Test
  void cpuTimeIsReadPastNamesThatHoldAnything() {
    String stat = "12 (a) b (c) R 1 1 1 0 -1 4 0 0 0 0 250 50 0 0 20 0 1 0 5";

    assertThat(ProcessCpu.name(stat)).isEqualTo("a) b (c");
    assertThat(ProcessCpu.seconds(stat)).isEqualTo(3.0);
  }
}
