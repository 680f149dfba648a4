package dev.virtio4j.bench.compare;

import dev.virtio4j.bench.compare.Trial.Subject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Runs a plan: starts the back-ends, drives them in turn for some rounds, and ends them.
 *
 * <p>The two sides of a pair run right after each other, in an order that changes with each round,
 * so that what drifts on the machine meets both alike. The first round is dropped: it warms caches
 * and compilers.
 */
public final class Comparison implements AutoCloseable {
  private final CompareOptions options;
  private final Plan plan;
  private final Consumer<String> progress;
  private final LoadClient client;
  private final Map<Subject, BackEndProcess> backEnds = new EnumMap<>(Subject.class);
  private final List<ScratchFiles> folders = new ArrayList<>();
  private PreadLimit limit;
  private Path limitFile;

  /**
   * Makes one.
   *
   * @param options what to compare
   * @param progress is told what is being run
   * @throws IllegalArgumentException if nothing would be compared
   */
  public Comparison(CompareOptions options, Consumer<String> progress) {
    this.options = options;
    this.progress = progress;
    client =
        options.client() == null
            ? new LoadClient.BuiltIn()
            : new LoadClient.External(options.client());
    Plan full = Plan.full(options.diskFolder() != null);
    Plan possible =
        options.client() == null && options.virtio() != null ? full : full.withoutOwnClient();
    plan = possible.only(options.only());
    if (plan.rows().isEmpty()) {
      throw new IllegalArgumentException(
          "--only is '%s', which no row has in its name; there are:%n  %s"
              .formatted(
                  options.only(), String.join(System.lineSeparator() + "  ", possible.names())));
    }
  }

  /**
   * Runs it.
   *
   * @return the figures
   * @throws IOException if files cannot be made or a process cannot be started
   * @throws InterruptedException if the thread is interrupted
   */
  public CompareReport run() throws IOException, InterruptedException {
    ScratchFiles memory = folder(options.folder());
    limitFile = null;
    prepare(memory);
    Map<String, List<Sample>> samples = new LinkedHashMap<>();
    plan.trials().forEach(trial -> samples.put(trial.id(), new ArrayList<>()));
    for (int round = 0; round <= options.rounds(); round++) {
      List<Trial> order = new ArrayList<>(plan.trials());
      if (round % 2 == 1) {
        Collections.reverse(order);
      }
      for (Trial trial : order) {
        progress.accept(
            "round %d of %d%s: %s"
                .formatted(
                    round, options.rounds(), round == 0 ? " (dropped)" : "", trial.id().strip()));
        Sample sample = measure(trial);
        if (round > 0) {
          samples.get(trial.id()).add(sample);
        }
      }
    }
    return new CompareReport(
        MachineFacts.of(options.storageDaemon()),
        options,
        limit == null ? null : limit.label(),
        plan.rows().stream()
            .map(row -> row.of(samples))
            .filter(outcome -> outcome != null)
            .toList(),
        samples);
  }

  private ScratchFiles folder(Path parent) throws IOException {
    ScratchFiles folder = ScratchFiles.in(parent);
    folders.add(folder);
    return folder;
  }

  private void prepare(ScratchFiles memory) throws IOException, InterruptedException {
    ScratchFiles disk = null;
    for (Trial trial : plan.trials()) {
      Subject subject = trial.subject();
      boolean direct = subject == Subject.OURS_DIRECT || subject == Subject.THEIRS_DIRECT;
      if (subject == Subject.LIMIT) {
        limit = PreadLimit.prepare(options.limitSource(), memory.path("."));
        limitFile = memory.image("limit.img", options.imageBytes());
      } else if (!backEnds.containsKey(subject)) {
        if (direct && disk == null) {
          disk = folder(options.diskFolder());
        }
        start(subject, direct ? disk : memory, memory, direct);
      }
    }
  }

  private void start(Subject subject, ScratchFiles images, ScratchFiles memory, boolean direct)
      throws IOException, InterruptedException {
    String name = subject.name();
    Path socket = memory.path(name + ".sock");
    progress.accept("preparing " + name);
    Path image = images.image(name + ".img", options.imageBytes());
    boolean ours = subject == Subject.OURS || subject == Subject.OURS_DIRECT;
    List<String> command =
        ours && options.virtio() != null
            ? BackEndCommands.ours(options.virtio(), socket, image, direct, options.spec())
            : BackEndCommands.theirs(options.storageDaemon(), socket, image, direct);
    backEnds.put(subject, BackEndProcess.start(command, socket, memory.path(name + ".log")));
  }

  private Sample measure(Trial trial) throws IOException, InterruptedException {
    if (trial.subject() == Subject.LIMIT) {
      return Sample.rate(limit.measure(limitFile, trial.load().blockSize(), options.seconds()));
    }
    BackEndProcess backEnd = backEnds.get(trial.subject());
    ProcessCpu before = backEnd.cpu();
    LoadClient.Yield yield = client.run(backEnd.socket(), trial.load(), options.seconds());
    ProcessCpu used = backEnd.cpu().since(before);
    double microsPerRequest = 1e6 / Math.max(1, yield.requests());
    Map<String, Double> threads = new HashMap<>();
    used.threads().forEach((name, seconds) -> threads.put(name, seconds * microsPerRequest));
    return new Sample(
        yield.iops(),
        yield.mebibytes(),
        yield.p50(),
        yield.p99(),
        used.seconds() * microsPerRequest,
        threads);
  }

  /** Ends the back-ends and removes what was made. */
  @Override
  public void close() throws IOException {
    backEnds.values().forEach(BackEndProcess::close);
    backEnds.clear();
    for (ScratchFiles folder : folders) {
      folder.close();
    }
    folders.clear();
  }
}
