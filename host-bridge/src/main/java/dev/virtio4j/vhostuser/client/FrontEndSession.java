package dev.virtio4j.vhostuser.client;

import dev.virtio4j.driver.DriverMemory;
import dev.virtio4j.driver.DriverQueue;
import dev.virtio4j.queue.RingFeatures;
import dev.virtio4j.vhostuser.protocol.MemoryRegionDescription;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a front-end keeps while back-ends come and go: features, memory, rings and what is in
 * flight. {@link #reconnect(Duration)} hands all of it to the next back-end, as QEMU does with
 * {@code reconnect=1}. Used by one thread.
 *
 * <p>The order of calls: {@link #connect}, {@link #shareMemory}, perhaps {@link #trackInflight} and
 * {@link #logWrites}, {@link #addQueue} for each ring, {@link #start}.
 */
public final class FrontEndSession implements AutoCloseable {
  private static final Duration RETRY = Duration.ofMillis(10);

  private final Path socket;
  private final Duration timeout;
  private final long wanted;
  private final long wantedProtocol;
  private final long offered;
  private final List<FrontEndQueue> queues = new ArrayList<>();
  private VhostUserClient client;
  private DriverMemory memory;
  private InflightRegion inflight;
  private DirtyLogFile log;

  private FrontEndSession(
      Path socket, Duration timeout, long wanted, long wantedProtocol, VhostUserClient client) {
    this.socket = socket;
    this.timeout = timeout;
    this.wanted = wanted;
    this.wantedProtocol = wantedProtocol;
    this.client = client;
    this.offered = client.negotiate(wanted, wantedProtocol);
  }

  /**
   * Connects and agrees on features.
   *
   * @param socket the back-end's Unix socket
   * @param timeout how long any one answer may take
   * @param wanted feature bits that are accepted where offered
   * @param wantedProtocol protocol feature bits that are accepted where offered
   * @return the session
   * @throws BackEndException if there is no back-end, or it fails
   */
  public static FrontEndSession connect(
      Path socket, Duration timeout, long wanted, long wantedProtocol) {
    VhostUserClient client = VhostUserClient.connect(socket, timeout);
    try {
      return new FrontEndSession(socket, timeout, wanted, wantedProtocol, client);
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  /**
   * The connection of now.
   *
   * @return the client, which stays this object's
   */
  public VhostUserClient client() {
    return client;
  }

  /**
   * What the back-end offered first.
   *
   * @return feature bits
   */
  public long offered() {
    return offered;
  }

  /**
   * What was negotiated.
   *
   * @return feature bits
   */
  public long features() {
    return client.features();
  }

  /**
   * The rings so far.
   *
   * @return in the order of their indices
   */
  public List<FrontEndQueue> queues() {
    return List.copyOf(queues);
  }

  /**
   * Tells the back-end of the memory for rings and buffers.
   *
   * @param shared memory made with {@link DriverMemory#shared}, which the caller closes after this
   *     session
   */
  public void shareMemory(DriverMemory shared) {
    memory = shared;
    client.shareMemory(List.of(region(shared)));
  }

  private static SharedRegion region(DriverMemory memory) {
    return new SharedRegion(
        memory.descriptor(),
        new MemoryRegionDescription(
            memory.guestAddress(), memory.size(), memory.region().nativeAddress(), 0));
  }

  /**
   * Has the back-end track what is in flight, which {@link #reconnect(Duration)} needs.
   *
   * @param queueCount for so many rings
   * @param size of so many entries
   * @throws BackEndException if INFLIGHT_SHMFD was not accepted, or the back-end fails
   */
  public void trackInflight(int queueCount, int size) {
    if (!client.has(ProtocolFeatures.INFLIGHT_SHMFD)) {
      throw new BackEndException("The back-end does not offer to track what is in flight");
    }
    inflight = client.getInflight(queueCount, size);
    client.setInflight(inflight);
  }

  /**
   * Has the back-end mark what it writes from now on.
   *
   * @return the log, which stays this object's
   * @throws BackEndException if LOG_SHMFD or LOG_ALL is not offered, or the back-end fails
   */
  public DirtyLogFile logWrites() {
    if (!client.has(ProtocolFeatures.LOG_SHMFD) || (offered & ProtocolFeatures.F_LOG_ALL) == 0) {
      throw new BackEndException("The back-end does not offer a log of what it writes");
    }
    if (log == null) {
      log = DirtyLogFile.upTo(memory.guestAddress() + memory.size());
    }
    client.setLog(log.descriptor(), log.size());
    client.setFeatures(client.features() | ProtocolFeatures.F_LOG_ALL);
    queues.forEach(queue -> queue.setAddresses(client));
    return log;
  }

  /** Has the back-end no longer mark what it writes. */
  public void stopLogging() {
    client.setFeatures(client.features() & ~ProtocolFeatures.F_LOG_ALL);
    queues.forEach(queue -> queue.setAddresses(client));
  }

  /**
   * Adds a ring of the negotiated shape.
   *
   * @param size its entries
   * @return the ring, not started
   */
  public FrontEndQueue addQueue(int size) {
    DriverQueue ring = DriverQueue.create(memory, size, RingFeatures.of(features()));
    FrontEndQueue queue = new FrontEndQueue(queues.size(), ring);
    queues.add(queue);
    return queue;
  }

  /** Has the back-end serve every ring from its start. */
  public void start() {
    queues.forEach(queue -> queue.start(client, queue.initialBase()));
  }

  /**
   * Stops every ring.
   *
   * @return where each stands
   */
  public int[] stop() {
    return queues.stream().mapToInt(queue -> client.stopRing(queue.index())).toArray();
  }

  /**
   * Connects to the next back-end on the same socket, and hands over the same memory, what is in
   * flight, and the rings as they stand; each is kicked, since a kick may have died with the old
   * one. Waits for a back-end that is still starting.
   *
   * @param patience how long to wait for one that listens
   * @throws BackEndException if there is none by then, it offers less than the old one, or fails
   */
  public void reconnect(Duration patience) {
    long agreed = client.features();
    client.close();
    client = awaitBackEnd(patience);
    client.negotiate(wanted, wantedProtocol);
    long lost = agreed & ~ProtocolFeatures.F_LOG_ALL & ~client.features();
    if (lost != 0) {
      throw new BackEndException(
          "The back-end that came back lacks features 0x%x of the old one".formatted(lost));
    }
    client.shareMemory(List.of(region(memory)));
    if (inflight != null) {
      client.setInflight(inflight);
    }
    for (FrontEndQueue queue : queues) {
      queue.start(client, queue.baseAfterCrash());
      queue.kick();
    }
    if ((agreed & ProtocolFeatures.F_LOG_ALL) != 0) {
      logWrites();
    }
  }

  private VhostUserClient awaitBackEnd(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        return VhostUserClient.connect(socket, timeout);
      } catch (BackEndException e) {
        if (System.nanoTime() - deadline > 0) {
          throw e;
        }
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(RETRY.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackEndException("Interrupted while waiting for a back-end", e);
    }
  }

  /** Hangs up and gives up all but the memory. */
  @Override
  public void close() {
    client.close();
    queues.forEach(FrontEndQueue::close);
    if (inflight != null) {
      inflight.close();
    }
    if (log != null) {
      log.close();
    }
  }
}
