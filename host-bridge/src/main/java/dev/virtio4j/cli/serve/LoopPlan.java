package dev.virtio4j.cli.serve;

import dev.virtio4j.cli.command.CliException;
import dev.virtio4j.cli.command.ExitCode;
import dev.virtio4j.cli.spec.DeviceRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Which loop each queue sits on: a name stands for one loop that the devices which name it share;
 * queues of the others go round the loops that have no name.
 */
final class LoopPlan {
  private final int count;
  private final Map<String, Integer> named;
  private int next;

  private LoopPlan(int count, Map<String, Integer> named) {
    this.count = count;
    this.named = named;
  }

  /**
   * Plans.
   *
   * @param wanted how many loops the user asked for; 0 for the default
   * @param cores how many processors there are
   * @param queues how many queues there are in all
   * @param requests the devices
   * @throws CliException if there are more names than loops
   */
  static LoopPlan of(int wanted, int cores, int queues, List<DeviceRequest> requests) {
    int needed = check(wanted, requests);
    Map<String, Integer> named = new LinkedHashMap<>();
    for (DeviceRequest request : requests) {
      if (request.loop() != null) {
        named.putIfAbsent(request.loop(), named.size());
      }
    }
    int count = wanted > 0 ? wanted : Math.max(needed, Math.min(cores, queues));
    return new LoopPlan(count, named);
  }

  /**
   * Checks that there are as many loops as the devices name.
   *
   * @return how many loops are needed at least
   * @throws CliException if there are more names than loops
   */
  static int check(int wanted, List<DeviceRequest> requests) {
    long names =
        requests.stream().map(DeviceRequest::loop).filter(Objects::nonNull).distinct().count();
    boolean others = requests.stream().anyMatch(request -> request.loop() == null);
    int needed = (int) names + (others ? 1 : 0);
    if (wanted > 0 && wanted < needed) {
      throw new CliException(
          ExitCode.USAGE,
          "loops: "
              + wanted
              + " is too few: "
              + names
              + (names == 1 ? " loop is named by devices" : " loops are named by devices")
              + (others ? ", and some devices name none" : ""));
    }
    return needed;
  }

  /** Whether devices name loops, which are then theirs alone: sessions must run elsewhere. */
  boolean isolates() {
    return !named.isEmpty();
  }

  /** How many loops there are. */
  int count() {
    return count;
  }

  /** The loops of a device's queues, by index; to be asked for once a device. */
  int[] assign(DeviceRequest request, int queues) {
    int[] loops = new int[queues];
    int unnamed = count - named.size();
    for (int i = 0; i < queues; i++) {
      loops[i] =
          request.loop() != null ? named.get(request.loop()) : named.size() + next++ % unnamed;
    }
    return loops;
  }
}
