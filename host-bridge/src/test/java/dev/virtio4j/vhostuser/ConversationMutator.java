package dev.virtio4j.vhostuser;

import dev.virtio4j.posix.Sockets;
import dev.virtio4j.vhostuser.Conversation.Say;
import dev.virtio4j.vhostuser.Conversation.SayPart;
import dev.virtio4j.vhostuser.Conversation.Scribble;
import dev.virtio4j.vhostuser.Conversation.Step;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Changes messages, and the order in which they come. */
final class ConversationMutator {
  private final SplittableRandom random;
  private final Props props;
  private final Conversation conversation;
  private final List<Step> steps;

  ConversationMutator(SplittableRandom random, Props props, Conversation conversation) {
    this.random = random;
    this.props = props;
    this.conversation = conversation;
    this.steps = new ArrayList<>(conversation.steps());
  }

  /** Changes so many things. */
  List<Step> mutate(int changes) {
    for (int i = 0; i < changes && !steps.isEmpty(); i++) {
      int at = random.nextInt(steps.size());
      switch (random.nextInt(16)) {
        case 0 -> steps.remove(at);
        case 1 -> steps.add(random.nextInt(steps.size()), steps.get(at));
        case 2 -> steps.set(at, steps.set(random.nextInt(steps.size()), steps.get(at)));
        case 3 -> steps.add(at, conversation.aside());
        case 4 -> steps.add(at, new Scribble(1));
        case 5 -> {
          // The end comes here.
          if (random.nextInt(3) == 0) {
            steps.subList(at, steps.size()).clear();
          } else {
            steps.remove(at);
          }
        }
        default -> {
          if (steps.get(at) instanceof Say say) {
            steps.set(at, change(say));
          }
        }
      }
    }
    return steps;
  }

  private Step change(Say say) {
    int request = say.request();
    int flags = say.flags();
    int size = say.size();
    byte[] bytes = say.bytes();
    return switch (random.nextInt(14)) {
      case 0 -> new Say(oddRequest(), flags, size, say.payload(), say.fds());
      case 1 -> new Say(request, oddFlags(), size, say.payload(), say.fds());
      case 2 -> new Say(request, flags, oddSize(size), say.payload(), say.fds());
      case 3 -> {
        byte[] other = Arrays.copyOf(bytes, Math.floorMod(oddSize(bytes.length), 4200));
        yield new Say(request, flags, other.length, ByteBuffer.wrap(other), say.fds());
      }
      case 4, 5, 6 -> new Say(request, flags, size, say.payload(), oddFds(say.fds().size()));
      case 7 -> new SayPart(say, 1 + random.nextInt(MessageHeader.BYTES + bytes.length));
      default -> say.with(odd(bytes));
    };
  }

  private int oddRequest() {
    return random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(46);
  }

  private int oddFlags() {
    return random.nextInt(3) == 0 ? random.nextInt() : random.nextInt(16);
  }

  private int oddSize(int size) {
    return switch (random.nextInt(8)) {
      case 0 -> 0;
      case 1 -> size - 1;
      case 2 -> size + 1;
      case 3 -> size + 8;
      case 4 -> 4096 + random.nextInt(2);
      case 5 -> -1;
      case 6 -> Integer.MAX_VALUE;
      default -> random.nextInt(300);
    };
  }

  private List<Integer> oddFds(int right) {
    int count =
        switch (random.nextInt(6)) {
          case 0 -> 0;
          case 1 -> right + 1;
          case 2 -> 8 + random.nextInt(2);
          case 3 -> random.nextInt(20) == 0 ? Sockets.SCM_MAX_FD : 2;
          default -> Math.max(1, right);
        };
    return Stream.generate(() -> props.any(random)).limit(count).toList();
  }

  /** One field has another value. */
  private byte[] odd(byte[] payload) {
    byte[] other = payload.clone();
    ByteBuffer bytes = ByteBuffer.wrap(other).order(ByteOrder.nativeOrder());
    if (other.length >= 8 && random.nextBoolean()) {
      int at = 8 * random.nextInt(other.length / 8);
      bytes.putLong(at, oddLong(bytes.getLong(at)));
    } else if (other.length >= 4) {
      int at = 4 * random.nextInt(other.length / 4);
      bytes.putInt(at, (int) oddLong(bytes.getInt(at)));
    }
    return other;
  }

  private long oddLong(long value) {
    return switch (random.nextInt(10)) {
      case 0 -> 0;
      case 1 -> -1;
      case 2 -> value + 1;
      case 3 -> value - 1;
      case 4 -> value ^ 1L << random.nextInt(64);
      case 5 -> value + 4096;
      case 6 -> value << 1;
      case 7 -> random.nextInt(300);
      case 8 -> Integer.MIN_VALUE;
      default -> random.nextLong();
    };
  }
}
