package dev.virtio4j.vhostuser;

import dev.virtio4j.device.DeviceContext;
import dev.virtio4j.device.DeviceQueue;
import dev.virtio4j.device.QueueHandler;
import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.queue.BufferChain;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;

/** Writes what it reads back, at once or when it is told to. */
final class EchoDevice implements VirtioDevice {
  static final int QUEUES = 2;
  static final int QUEUE_SIZE = 64;
  static final int CONFIG_SIZE = 8;

  /** The first byte that a driver may write. */
  static final int WRITABLE = 4;

  private final ByteBuffer config =
      ByteBuffer.allocate(CONFIG_SIZE).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 0xcafe);
  private volatile DeviceContext context;
  private volatile boolean holding;
  private final Held[] held = new Held[QUEUES];

  private static final class Held {
    final DeviceQueue queue;
    final Deque<BufferChain> chains = new ArrayDeque<>();
    volatile int count;

    Held(DeviceQueue queue) {
      this.queue = queue;
    }

    void add(BufferChain chain) {
      chains.add(chain);
      count = chains.size();
    }

    void release() {
      while (!chains.isEmpty()) {
        echo(queue, chains.remove());
      }
      count = 0;
    }
  }

  /** Keeps chains from now on. */
  void hold() {
    holding = true;
  }

  /** How many chains of a queue are kept. */
  int held(int queue) {
    Held kept = held[queue];
    return kept == null ? 0 : kept.count;
  }

  /** Gives back what was kept, and keeps no more. */
  void release() {
    holding = false;
    for (Held kept : held) {
      if (kept != null) {
        kept.queue.loop().execute(kept::release);
      }
    }
  }

  /** The loop of a queue that has been started. */
  DeviceLoop loop(int queue) {
    return held[queue].queue.loop();
  }

  void changeConfig(int value) {
    config.putInt(0, value);
    context.configChanged();
  }

  byte writtenConfig() {
    return config.get(WRITABLE);
  }

  @Override
  public int deviceId() {
    return 42;
  }

  @Override
  public long features() {
    return VirtioFeatures.RINGS;
  }

  @Override
  public int queues() {
    return QUEUES;
  }

  @Override
  public int maxQueueSize(int index) {
    return QUEUE_SIZE;
  }

  @Override
  public int configSize() {
    return CONFIG_SIZE;
  }

  @Override
  public void readConfig(int offset, ByteBuffer target) {
    target.put(config.duplicate().position(offset).limit(offset + target.remaining()));
  }

  @Override
  public void writeConfig(int offset, ByteBuffer source) {
    for (int at = offset; source.hasRemaining(); at++) {
      byte value = source.get();
      if (at >= WRITABLE) {
        config.put(at, value);
      }
    }
  }

  @Override
  public void activate(DeviceContext newContext) {
    context = newContext;
  }

  @Override
  public QueueHandler startQueue(DeviceQueue queue) {
    Held kept = new Held(queue);
    held[queue.index()] = kept;
    return () -> {
      BufferChain chain = queue.next();
      while (chain != null) {
        if (holding) {
          kept.add(chain);
        } else {
          echo(queue, chain);
        }
        chain = queue.next();
      }
    };
  }

  private static void echo(DeviceQueue queue, BufferChain chain) {
    ByteBuffer bytes =
        ByteBuffer.allocate(
            (int) Math.min(4096, Math.min(chain.readableBytes(), chain.writableBytes())));
    try {
      chain.reader().read(bytes);
      chain.writer().write(bytes.flip());
    } finally {
      queue.complete(chain, bytes.limit());
    }
  }
}
