package dev.virtio4j.vhostuser;

import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.queue.QueueConfig;
import dev.virtio4j.queue.RingFeatures;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import dev.virtio4j.vhostuser.protocol.InflightDescription;
import dev.virtio4j.vhostuser.protocol.LogDescription;
import dev.virtio4j.vhostuser.protocol.MemoryRegionDescription;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import dev.virtio4j.vhostuser.protocol.VringAddresses;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** What a front-end says from its greeting to its end, as it should be said. */
final class Conversation {
  static final long PROTOCOL =
      ProtocolFeatures.MQ
          | ProtocolFeatures.LOG_SHMFD
          | ProtocolFeatures.REPLY_ACK
          | ProtocolFeatures.BACKEND_REQ
          | ProtocolFeatures.CONFIG
          | ProtocolFeatures.BACKEND_SEND_FD
          | ProtocolFeatures.INFLIGHT_SHMFD
          | ProtocolFeatures.RESET_DEVICE
          | ProtocolFeatures.CONFIGURE_MEM_SLOTS
          | ProtocolFeatures.STATUS;

  private static final int INFLIGHT = 8192;

  /** One thing that a front-end does. */
  sealed interface Step {}

  /** A message. */
  record Say(int request, int flags, int size, ByteBuffer payload, List<Integer> fds)
      implements Step {
    Say with(byte[] other) {
      return new Say(request, flags, size, ByteBuffer.wrap(other), fds);
    }

    byte[] bytes() {
      return Conversation.bytes(payload);
    }

    int[] descriptors() {
      return fds.stream().mapToInt(Integer::intValue).toArray();
    }
  }

  /** The start of a message, after which nothing fits any more. */
  record SayPart(Say message, int bytes) implements Step {}

  /** Requests are made available in a ring, and its doorbell rings. */
  record Load(int ring, int requests) implements Step {}

  /** Memory of the rings and of what is in flight is overwritten here and there. */
  record Scribble(int places) implements Step {}

  private final SplittableRandom random;
  private final Props props;
  private final DriverMemory memory;
  private final List<Step> steps = new ArrayList<>();
  private final long inflight;
  final boolean packed;
  final List<DriverQueue> queues = new ArrayList<>();

  Conversation(SplittableRandom random, Props props, DriverMemory memory) {
    this.random = random;
    this.props = props;
    this.memory = memory;
    packed = random.nextBoolean();
    for (int i = 0; i < ServedDisk.QUEUES; i++) {
      queues.add(
          DriverQueue.create(memory, ServedDisk.QUEUE_SIZE, RingFeatures.of(features(packed))));
    }
    inflight = memory.allocate(INFLIGHT, 4096);
  }

  private static long features(boolean packed) {
    return (packed ? VirtioFeatures.RING_PACKED : 0)
        | VirtioFeatures.VERSION_1
        | VirtioFeatures.INDIRECT_DESC
        | VirtioFeatures.EVENT_IDX;
  }

  List<Step> steps() {
    greeting();
    if (random.nextInt(8) != 0) {
      memory();
    }
    if (random.nextInt(3) == 0) {
      log();
    }
    if (random.nextInt(3) == 0) {
      inflight();
    }
    for (int i = 0; i < ServedDisk.QUEUES; i++) {
      ring(i);
    }
    for (int i = random.nextInt(5); i >= 0; i--) {
      load();
      if (random.nextBoolean()) {
        steps.add(aside());
      }
    }
    for (int i = 0; random.nextBoolean() && i < ServedDisk.QUEUES; i++) {
      say(FrontendRequest.GET_VRING_BASE, ints(i, 0));
    }
    return steps;
  }

  private void greeting() {
    say(FrontendRequest.GET_FEATURES, new byte[0]);
    say(FrontendRequest.GET_PROTOCOL_FEATURES, new byte[0]);
    long inband = random.nextInt(4) == 0 ? ProtocolFeatures.INBAND_NOTIFICATIONS : 0;
    say(FrontendRequest.SET_PROTOCOL_FEATURES, longs(PROTOCOL | inband));
    say(FrontendRequest.GET_QUEUE_NUM, new byte[0]);
    if (inband != 0 || random.nextInt(3) == 0) {
      say(FrontendRequest.SET_BACKEND_REQ_FD, new byte[0], props.socket);
    }
    say(FrontendRequest.SET_OWNER, new byte[0]);
    say(FrontendRequest.SET_FEATURES, longs(accepted(0)));
    if (random.nextInt(3) == 0) {
      say(FrontendRequest.GET_CONFIG, config(0, 60));
    }
  }

  private long accepted(long more) {
    return features(packed) | ProtocolFeatures.F_PROTOCOL_FEATURES | more;
  }

  private MemoryRegionDescription region() {
    return new MemoryRegionDescription(
        memory.guestAddress(), memory.size(), memory.region().nativeAddress(), 0);
  }

  private void memory() {
    ByteBuffer payload = buffer(40);
    if (random.nextBoolean()) {
      payload.putInt(1).putInt(0);
      region().write(payload);
      say(FrontendRequest.SET_MEM_TABLE, bytes(payload), memory.descriptor());
      return;
    }
    payload.putLong(0);
    region().write(payload);
    say(FrontendRequest.GET_MAX_MEM_SLOTS, new byte[0]);
    say(FrontendRequest.ADD_MEM_REG, bytes(payload), memory.descriptor());
  }

  private void log() {
    ByteBuffer payload = buffer(LogDescription.BYTES);
    new LogDescription(Props.FILE_BYTES, 0).write(payload);
    say(FrontendRequest.SET_LOG_BASE, bytes(payload), props.file);
    say(FrontendRequest.SET_FEATURES, longs(accepted(ProtocolFeatures.F_LOG_ALL)));
  }

  private void inflight() {
    ByteBuffer payload = buffer(InflightDescription.BYTES);
    int size = ServedDisk.QUEUE_SIZE;
    if (random.nextBoolean()) {
      new InflightDescription(0, 0, ServedDisk.QUEUES, size).write(payload);
      say(FrontendRequest.GET_INFLIGHT_FD, bytes(payload));
    } else {
      long offset = inflight - memory.guestAddress();
      new InflightDescription(INFLIGHT, offset, ServedDisk.QUEUES, size).write(payload);
      say(FrontendRequest.SET_INFLIGHT_FD, bytes(payload), memory.descriptor());
    }
  }

  private void ring(int index) {
    say(FrontendRequest.SET_VRING_NUM, ints(index, ServedDisk.QUEUE_SIZE));
    say(FrontendRequest.SET_VRING_BASE, ints(index, packed ? 0x8000_8000 : 0));
    QueueConfig config = queues.get(index).config();
    ByteBuffer payload = buffer(VringAddresses.BYTES);
    new VringAddresses(
            index,
            0,
            memory.nativeAddress(config.descriptorArea()),
            memory.nativeAddress(config.deviceArea()),
            memory.nativeAddress(config.driverArea()),
            config.deviceArea())
        .write(payload);
    say(FrontendRequest.SET_VRING_ADDR, bytes(payload));
    descriptor(FrontendRequest.SET_VRING_KICK, index);
    descriptor(FrontendRequest.SET_VRING_CALL, index);
    descriptor(FrontendRequest.SET_VRING_ERR, index);
    say(FrontendRequest.SET_VRING_ENABLE, ints(index, 1));
  }

  private void descriptor(FrontendRequest request, int index) {
    if (random.nextInt(8) == 0) {
      say(request, longs(index | 0x100));
    } else {
      say(request, longs(index), props.event(random));
    }
  }

  private void load() {
    if (random.nextInt(3) == 0) {
      steps.add(new Scribble(1 + random.nextInt(8)));
    }
    int ring = random.nextInt(ServedDisk.QUEUES);
    steps.add(new Load(ring, 1 + random.nextInt(6)));
  }

  /** A message that may come at any time. */
  Say aside() {
    int ring = random.nextInt(ServedDisk.QUEUES);
    return switch (random.nextInt(12)) {
      case 0 -> message(FrontendRequest.SET_STATUS, longs(random.nextBoolean() ? 0 : 0xf));
      case 1 -> message(FrontendRequest.GET_STATUS, new byte[0]);
      case 2 -> message(FrontendRequest.GET_VRING_BASE, ints(ring, 0));
      case 3 -> message(FrontendRequest.RESET_DEVICE, new byte[0]);
      case 4 -> message(FrontendRequest.SET_CONFIG, config(32, 1));
      case 5 -> message(FrontendRequest.SET_VRING_ENABLE, ints(ring, random.nextInt(2)));
      case 6 -> message(FrontendRequest.VRING_KICK, ints(ring, 0));
      case 7 -> {
        ByteBuffer payload = buffer(40).putLong(0);
        region().write(payload);
        yield message(FrontendRequest.REM_MEM_REG, bytes(payload));
      }
      case 8 -> message(FrontendRequest.SET_VRING_KICK, longs(ring), props.event(random));
      case 9 -> message(FrontendRequest.SET_VRING_CALL, longs(ring), props.any(random));
      case 10 -> {
        long log = random.nextBoolean() ? ProtocolFeatures.F_LOG_ALL : 0;
        yield message(FrontendRequest.SET_FEATURES, longs(accepted(log)));
      }
      default -> {
        FrontendRequest[] all = FrontendRequest.values();
        FrontendRequest request = all[random.nextInt(all.length)];
        byte[] payload = new byte[Math.max(0, request.payloadBytes())];
        yield request.descriptors() == 1
            ? message(request, payload, props.any(random))
            : message(request, payload);
      }
    };
  }

  private void say(FrontendRequest request, byte[] payload, int... fds) {
    steps.add(message(request, payload, fds));
  }

  private Say message(FrontendRequest request, byte[] payload, int... fds) {
    int ask = random.nextInt(3) == 0 ? MessageHeader.NEED_REPLY : 0;
    List<Integer> all = Arrays.stream(fds).boxed().toList();
    ByteBuffer bytes = ByteBuffer.wrap(payload);
    return new Say(request.id(), MessageHeader.VERSION | ask, payload.length, bytes, all);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] copy = new byte[buffer.capacity()];
    buffer.get(0, copy);
    return copy;
  }

  private static byte[] longs(long number) {
    return bytes(buffer(8).putLong(number));
  }

  private static byte[] ints(int index, int number) {
    return bytes(buffer(8).putInt(index).putInt(number));
  }

  private static byte[] config(int offset, int size) {
    return bytes(buffer(12 + size).putInt(offset).putInt(size).putInt(0));
  }
}
