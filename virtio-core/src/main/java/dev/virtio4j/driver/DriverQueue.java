package dev.virtio4j.driver;

import dev.virtio4j.queue.QueueConfig;
import dev.virtio4j.queue.RingFeatures;

/**
 * A virtqueue, seen from the driver's end.
 *
 * <p>Requests are prepared, which may allocate; {@link #submit}, {@link #publish} and {@link #poll}
 * do not. Nothing here sends or receives notifications: {@link #publish} tells whether one is due,
 * and who waits for an interrupt asks for it with {@link #enableInterrupts}. Used by one thread at
 * a time.
 *
 * <p>A device that breaks the rules of the ring is answered with an {@link IllegalStateException}
 * that says how.
 */
public abstract sealed class DriverQueue permits SplitDriverQueue, PackedDriverQueue {
  final DriverMemory memory;
  final QueueConfig config;
  final RingFeatures features;
  final int size;

  private final DriverRequest[] byId;

  /** IN_ORDER: a circle of what is submitted, oldest first; null otherwise. */
  private final DriverRequest[] order;

  private int orderHead;
  private int orderCount;

  /** IN_ORDER: the last request of a batch that the device used with one entry; null if none. */
  private DriverRequest batchEnd;

  private int inFlight;

  DriverQueue(DriverMemory memory, QueueConfig config, RingFeatures features) {
    this.memory = memory;
    this.config = config;
    this.features = features;
    this.size = config.size();
    this.byId = new DriverRequest[size];
    this.order = features.inOrder() ? new DriverRequest[size] : null;
  }

  /**
   * Makes a queue, its ring zeroed, in memory allocated for it.
   *
   * @param memory where the ring and indirect tables are
   * @param size entries: 1 to 32768, of a split ring a power of two
   * @param features what was negotiated
   * @return the queue
   * @throws IllegalArgumentException if the size is not one
   * @throws IllegalStateException if there is not enough memory
   */
  public static DriverQueue create(DriverMemory memory, int size, RingFeatures features) {
    QueueConfig shape = new QueueConfig(size, 0, 0, 0);
    if (size < 1
        || size > QueueConfig.MAX_SIZE
        || (!features.packed() && Integer.bitCount(size) != 1)) {
      throw new IllegalArgumentException(
          "a %s ring cannot have %d entries"
              .formatted(features.packed() ? "packed" : "split", size));
    }
    // A cache line for each area, so that the two sides do not share one by chance.
    long descriptors = memory.allocate(shape.descriptorBytes(), 64);
    long driver = memory.allocate(shape.driverBytes(features), 64);
    long device = memory.allocate(shape.deviceBytes(features), 64);
    memory.allocate(0, 64);
    return over(memory, new QueueConfig(size, descriptors, driver, device), features);
  }

  /**
   * Makes a queue over areas that the caller chose.
   *
   * @param memory what the areas are in, and indirect tables will be
   * @param config size and areas, which must be zeroed
   * @param features what was negotiated
   * @return the queue
   * @throws IllegalArgumentException if the areas are not in the memory or badly aligned
   */
  public static DriverQueue over(DriverMemory memory, QueueConfig config, RingFeatures features) {
    String problem = config.problem(features, QueueConfig.MAX_SIZE, memory.guestMemory());
    if (problem != null) {
      throw new IllegalArgumentException(problem);
    }
    return features.packed()
        ? new PackedDriverQueue(memory, config, features)
        : new SplitDriverQueue(memory, config, features);
  }

  /**
   * Size and addresses, as the device is to be told them.
   *
   * @return the configuration
   */
  public final QueueConfig config() {
    return config;
  }

  /**
   * What was negotiated.
   *
   * @return the features that shape the ring
   */
  public final RingFeatures features() {
    return features;
  }

  /**
   * The memory of the ring.
   *
   * @return it
   */
  public final DriverMemory memory() {
    return memory;
  }

  /**
   * Prepares a request as a chain of descriptors in the ring.
   *
   * @param segments one or more, those that the device reads first
   * @return the request, not submitted
   * @throws IllegalStateException if the ring has no descriptors or ids left
   */
  public final DriverRequest prepare(Segment... segments) {
    return register(prepare(false, segments));
  }

  /**
   * Prepares a request as a table of descriptors outside the ring.
   *
   * @param segments one or more, those that the device reads first
   * @return the request, not submitted
   * @throws IllegalStateException if the ring has no descriptors or ids left, or the memory no room
   */
  public final DriverRequest prepareIndirect(Segment... segments) {
    return register(prepare(true, segments));
  }

  abstract DriverRequest prepare(boolean indirect, Segment... segments);

  private DriverRequest register(DriverRequest request) {
    byId[request.id] = request;
    for (int i = 0; i < request.segments(); i++) {
      write(request, i);
    }
    return request;
  }

  /**
   * Gives the request's descriptors or id back to the queue.
   *
   * @param request one that the device does not have, and that is not used again
   * @throws IllegalStateException if the device has it, or it is not of this queue
   */
  public final void discard(DriverRequest request) {
    if (request.submitted() || byId[request.id] != request) {
      throw new IllegalStateException("cannot be discarded: " + request);
    }
    byId[request.id] = null;
    free(request);
  }

  abstract void free(DriverRequest request);

  /** Writes one segment of a request to where it is kept. */
  abstract void write(DriverRequest request, int index);

  /**
   * Puts a request into the ring. The device sees it after {@link #publish()}.
   *
   * @param request one of this queue, not submitted
   * @return false if the ring has no room for it now
   * @throws IllegalStateException if the device has it, or it is not of this queue
   */
  public final boolean submit(DriverRequest request) {
    if (request.submitted() || byId[request.id] != request) {
      throw new IllegalStateException("cannot be submitted: " + request);
    }
    if (!put(request)) {
      return false;
    }
    request.submitted(true);
    inFlight++;
    if (order != null) {
      int end = orderHead + orderCount;
      order[end < size ? end : end - size] = request;
      orderCount++;
    }
    return true;
  }

  abstract boolean put(DriverRequest request);

  /**
   * Makes available what was submitted.
   *
   * @return true if the device wants to be notified of it
   */
  public abstract boolean publish();

  /**
   * Takes back the next request that the device has used.
   *
   * @return the request, {@link DriverRequest#written()} telling the used length; null if there is
   *     none
   * @throws IllegalStateException if the device used something that it was not given
   */
  public final DriverRequest poll() {
    DriverRequest named = batchEnd;
    if (named == null) {
      long used = peek();
      if (used < 0) {
        return null;
      }
      named = find((int) (used >>> 32));
      named.written(used & 0xffff_ffffL);
    }
    DriverRequest request = order == null ? named : oldest(named);
    pass(request);
    request.submitted(false);
    inFlight--;
    return request;
  }

  private DriverRequest find(int id) {
    DriverRequest request = id < size ? byId[id] : null;
    if (request == null || !request.submitted()) {
      throw new IllegalStateException(
          "the device used id %d, which it was not given".formatted(id));
    }
    return request;
  }

  /** One entry may stand for a batch, of which it names the last (Virtio 1.4, 2.7.9, 2.8.8). */
  private DriverRequest oldest(DriverRequest named) {
    DriverRequest request = order[orderHead];
    orderHead = orderHead + 1 == size ? 0 : orderHead + 1;
    orderCount--;
    batchEnd = request == named ? null : named;
    if (request != named) {
      request.written(request.writableBytes());
    }
    return request;
  }

  /** The next used entry: its id and length, as {@code id << 32 | length}; -1 if there is none. */
  abstract long peek();

  /** Moves the used position past a request. */
  abstract void pass(DriverRequest request);

  /**
   * Tells whether {@link #poll()} would return a request.
   *
   * @return true if the device has used something
   */
  public final boolean ready() {
    return batchEnd != null || used();
  }

  abstract boolean used();

  /**
   * Asks for an interrupt when the device uses the next request.
   *
   * @return true if the caller may wait; false if something was used meanwhile
   */
  public final boolean enableInterrupts() {
    return enableInterrupts(0);
  }

  /**
   * Asks for an interrupt later than at the next used request, where EVENT_IDX was negotiated;
   * otherwise at the next.
   *
   * @param skip how many used entries (split) or descriptors (packed) to let pass, less than the
   *     queue size
   * @return true if the caller may wait; false if something was used meanwhile
   */
  public abstract boolean enableInterrupts(int skip);

  /** Tells the device that interrupts are not needed: the caller is looking. */
  public abstract void disableInterrupts();

  /**
   * The position after what was published, as a notification with NOTIFICATION_DATA carries it.
   *
   * @return the available index, of a packed ring with its wrap counter in bit 15
   */
  public abstract int notificationPosition();

  /**
   * How many requests the device has.
   *
   * @return 0 to the queue size
   */
  public final int inFlight() {
    return inFlight;
  }
}
