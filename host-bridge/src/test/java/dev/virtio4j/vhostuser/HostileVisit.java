package dev.virtio4j.vhostuser;

import dev.virtio4j.blk.VirtioBlk;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.driver.Segment;
import dev.virtio4j.posix.EventFd;
import dev.virtio4j.vhostuser.Conversation.Load;
import dev.virtio4j.vhostuser.Conversation.Say;
import dev.virtio4j.vhostuser.Conversation.SayPart;
import dev.virtio4j.vhostuser.Conversation.Scribble;
import dev.virtio4j.vhostuser.Conversation.Step;
import dev.virtio4j.vhostuser.client.BackEndException;
import dev.virtio4j.vhostuser.client.RawFrontEnd;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/** One front-end that means no good, from its arrival to its end. */
final class HostileVisit {
  private static final int MEMORY = 1 << 17;
  private static final int REQUEST = 1 << 10;

  private final SplittableRandom random;
  private final Path socket;
  private final Props props;
  private Conversation conversation;
  private DriverMemory memory;

  /** Up to here are rings and headers, which are worth a change. */
  private int scribbled;

  private long mutations;
  private boolean served;

  HostileVisit(SplittableRandom random, Path socket, Props props) {
    this.random = random;
    this.socket = socket;
    this.props = props;
  }

  /** Comes and goes; how many changes it made. */
  long run() {
    try (DriverMemory its = DriverMemory.shared(Served.GUEST_ADDRESS, MEMORY);
        RawFrontEnd raw = RawFrontEnd.connect(socket, Served.PATIENCE)) {
      memory = its;
      conversation = new Conversation(random, props, memory);
      scribbled = (int) (memory.allocate(0, 64) - memory.guestAddress()) + REQUEST;
      int changes = random.nextInt(1 + random.nextInt(10));
      mutations = changes;
      for (Step step : new ConversationMutator(random, props, conversation).mutate(changes)) {
        if (!take(step, raw)) {
          break;
        }
      }
      leave(raw);
    }
    return mutations;
  }

  /** Whether a request of it is known to have been answered. */
  boolean served() {
    return served;
  }

  /** False if the server has hung up. */
  private boolean take(Step step, RawFrontEnd raw) {
    try {
      if (step instanceof Say say) {
        raw.sendMessage(say.request(), say.flags(), say.size(), say.bytes(), say.descriptors());
      } else if (step instanceof SayPart part) {
        Say say = part.message();
        byte[] all = new byte[MessageHeader.BYTES + say.bytes().length];
        ByteBuffer into = ByteBuffer.wrap(all).order(ByteOrder.nativeOrder());
        new MessageHeader(say.request(), say.flags(), say.size()).write(into);
        into.put(say.bytes());
        raw.sendBytes(Arrays.copyOf(all, part.bytes()), say.descriptors());
      } else if (step instanceof Load load) {
        load(load);
      } else if (step instanceof Scribble scribble) {
        scribble(scribble.places());
      }
      return true;
    } catch (BackEndException e) {
      if (!raw.hungUp()) {
        throw e;
      }
      return false;
    }
  }

  private void load(Load load) {
    DriverQueue queue = conversation.queues.get(load.ring());
    for (int i = 0; i < load.requests(); i++) {
      try {
        long area = memory.allocate(REQUEST, 64);
        int type = random.nextInt(3) == 0 ? random.nextInt(16) : random.nextInt(2);
        int sector = random.nextInt(ServedDisk.SECTORS + 1);
        memory.view(area, 64).putInt(type).putInt(0).putLong(sector);
        boolean in = type == VirtioBlk.T_IN;
        Segment[] segments = {
          Segment.readable(area, 16),
          new Segment(area + 64, 512, in),
          Segment.writable(area + 32, 1)
        };
        boolean unused =
            queue.submit(
                random.nextInt(3) == 0 ? queue.prepareIndirect(segments) : queue.prepare(segments));
      } catch (IllegalStateException e) {
        break; // Nobody takes the old ones back, so that ring and memory are full in the end.
      }
    }
    boolean unusedDue = queue.publish();
    int unusedErrno = EventFd.signal(props.event(random));
  }

  private void scribble(int places) {
    ByteBuffer bytes = memory.view(memory.guestAddress(), scribbled);
    for (int i = 0; i < places; i++) {
      int at = random.nextInt(scribbled - 8) & -8;
      switch (random.nextInt(4)) {
        case 0 -> bytes.put(at + random.nextInt(8), (byte) random.nextInt(256));
        case 1 -> bytes.putShort(at + 2 * random.nextInt(4), (short) random.nextInt(100));
        case 2 -> bytes.putInt(at + 4 * random.nextInt(2), random.nextInt());
        default -> bytes.putLong(at, memory.guestAddress() + random.nextInt(MEMORY));
      }
      mutations++;
    }
  }

  private void leave(RawFrontEnd raw) {
    switch (random.nextInt(4)) {
      case 0 -> {} // Without a word.
      case 1 -> {
        try (RawFrontEnd second = RawFrontEnd.connect(socket, Served.PATIENCE)) {
          second.sendBytes(new byte[] {1});
        } catch (BackEndException e) {
          // Turned away before it could say anything.
        }
      }
      default -> {
        raw.shutdownWrite();
        if (!raw.awaitHangUp(Served.PATIENCE)) {
          throw new AssertionError("the server does not end what the front-end has ended");
        }
        served = conversation.queues.stream().anyMatch(DriverQueue::ready);
      }
    }
  }
}
