package dev.virtio4j.vhostuser.client;

import dev.virtio4j.vhostuser.protocol.ConfigRange;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import dev.virtio4j.vhostuser.protocol.InflightDescription;
import dev.virtio4j.vhostuser.protocol.LogDescription;
import dev.virtio4j.vhostuser.protocol.MemoryRegionDescription;
import dev.virtio4j.vhostuser.protocol.MemoryTable;
import dev.virtio4j.vhostuser.protocol.MessageHeader;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import dev.virtio4j.vhostuser.protocol.VringAddresses;
import dev.virtio4j.vhostuser.protocol.VringDescriptor;
import dev.virtio4j.vhostuser.protocol.VringState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * A well-behaved front-end's connection to a back-end: vhost-user's messages as methods, in
 * whatever order the caller wants.
 *
 * <p>Where REPLY_ACK is negotiated, each message that has no reply of its own asks for one, so that
 * a refusal is known at once. Every wait has an end: a back-end that hung up, died or does not
 * answer is a {@link BackEndException} that names the request. What the back-end asks for in the
 * meantime is served. Used by one thread.
 */
public final class VhostUserClient implements AutoCloseable {
  private static final byte[] NOTHING = {};

  private final RawFrontEnd raw;
  private BackEndRequests requests;
  private long features;
  private long protocolFeatures;

  private VhostUserClient(RawFrontEnd raw) {
    this.raw = raw;
  }

  /**
   * Connects to a back-end.
   *
   * @param socket its Unix socket
   * @param timeout how long any one answer may take
   * @return the connection
   * @throws BackEndException if nobody listens there
   */
  public static VhostUserClient connect(Path socket, Duration timeout) {
    return new VhostUserClient(RawFrontEnd.connect(socket, timeout));
  }

  /**
   * Takes a connected socket over.
   *
   * @param descriptor a connected Unix stream socket; closed with this object
   * @param timeout how long any one answer may take
   * @return the connection
   */
  public static VhostUserClient adopt(int descriptor, Duration timeout) {
    return new VhostUserClient(RawFrontEnd.adopt(descriptor, timeout));
  }

  /**
   * Agrees on features, in QEMU's order of messages, and begins the session.
   *
   * @param wanted feature bits that are accepted where offered; VHOST_USER_F_PROTOCOL_FEATURES is
   *     added where offered
   * @param wantedProtocol protocol feature bits that are accepted where offered
   * @return the feature bits that the back-end offered
   */
  public long negotiate(long wanted, long wantedProtocol) {
    long offered = getFeatures();
    long protocolBit = offered & ProtocolFeatures.F_PROTOCOL_FEATURES;
    if (protocolBit != 0) {
      setProtocolFeatures(getProtocolFeatures() & wantedProtocol);
    }
    setOwner();
    setFeatures((offered & wanted) | protocolBit);
    return offered;
  }

  /**
   * Asks which features are offered.
   *
   * @return feature bits 0 to 63
   */
  public long getFeatures() {
    return askNumber(FrontendRequest.GET_FEATURES);
  }

  /**
   * Accepts features.
   *
   * @param accepted feature bits
   */
  public void setFeatures(long accepted) {
    tellNumber(FrontendRequest.SET_FEATURES, accepted);
    features = accepted;
  }

  /**
   * What {@link #setFeatures} accepted last.
   *
   * @return feature bits
   */
  public long features() {
    return features;
  }

  /**
   * Asks which protocol features are offered.
   *
   * @return bits of {@link ProtocolFeatures}
   */
  public long getProtocolFeatures() {
    return askNumber(FrontendRequest.GET_PROTOCOL_FEATURES);
  }

  /**
   * Accepts protocol features.
   *
   * @param accepted bits of {@link ProtocolFeatures}
   */
  public void setProtocolFeatures(long accepted) {
    tellNumber(FrontendRequest.SET_PROTOCOL_FEATURES, accepted);
    protocolFeatures = accepted;
  }

  /**
   * What {@link #setProtocolFeatures} accepted last.
   *
   * @return bits of {@link ProtocolFeatures}
   */
  public long protocolFeatures() {
    return protocolFeatures;
  }

  /**
   * Tells whether a protocol feature was accepted.
   *
   * @param bit one of {@link ProtocolFeatures}
   * @return true if so
   */
  public boolean has(long bit) {
    return (protocolFeatures & bit) != 0;
  }

  /** Begins the session. */
  public void setOwner() {
    tell(FrontendRequest.SET_OWNER, NOTHING);
  }

  /** RESET_OWNER, which is deprecated. */
  public void resetOwner() {
    tell(FrontendRequest.RESET_OWNER, NOTHING);
  }

  /**
   * Asks how many queues there may be.
   *
   * @return the number; 1 where MQ was not accepted
   */
  public int queues() {
    return has(ProtocolFeatures.MQ)
        ? (int) Math.min(askNumber(FrontendRequest.GET_QUEUE_NUM), Short.MAX_VALUE)
        : 1;
  }

  /**
   * Asks how many memory regions there may be.
   *
   * @return the number; 8 where CONFIGURE_MEM_SLOTS was not accepted
   */
  public long memorySlots() {
    return has(ProtocolFeatures.CONFIGURE_MEM_SLOTS)
        ? askNumber(FrontendRequest.GET_MAX_MEM_SLOTS)
        : MessageHeader.MAX_DESCRIPTORS;
  }

  /**
   * Hands over all memory, one message for each region where CONFIGURE_MEM_SLOTS was accepted, as
   * QEMU does, and one for all otherwise.
   *
   * @param regions the regions
   */
  public void shareMemory(List<SharedRegion> regions) {
    if (has(ProtocolFeatures.CONFIGURE_MEM_SLOTS)) {
      regions.forEach(this::addMemory);
    } else {
      setMemoryTable(regions);
    }
  }

  /**
   * SET_MEM_TABLE: replaces all memory.
   *
   * @param regions the regions, 1 to 8
   */
  public void setMemoryTable(List<SharedRegion> regions) {
    MemoryTable table = new MemoryTable(regions.stream().map(SharedRegion::description).toList());
    int[] descriptors = regions.stream().mapToInt(SharedRegion::descriptor).toArray();
    tell(FrontendRequest.SET_MEM_TABLE, payload(table.bytes(), table::write), descriptors);
  }

  /**
   * ADD_MEM_REG.
   *
   * @param region one more region
   */
  public void addMemory(SharedRegion region) {
    tell(FrontendRequest.ADD_MEM_REG, padded(region.description()), region.descriptor());
  }

  /**
   * REM_MEM_REG.
   *
   * @param region a region that was added
   */
  public void removeMemory(SharedRegion region) {
    tell(FrontendRequest.REM_MEM_REG, padded(region.description()));
  }

  private static byte[] padded(MemoryRegionDescription region) {
    return payload(
        8 + MemoryRegionDescription.BYTES,
        target -> {
          target.putLong(0);
          region.write(target);
        });
  }

  /**
   * Reads configuration space.
   *
   * @param offset bytes from its start
   * @param size bytes, at most 256
   * @return the bytes
   * @throws BackEndException if the back-end refuses
   */
  public byte[] readConfig(int offset, int size) {
    ConfigRange range = new ConfigRange(offset, size, 0);
    byte[] request = payload(ConfigRange.BYTES + size, range::write);
    try (RawMessage reply = ask(FrontendRequest.GET_CONFIG, request)) {
      if (reply.size() < ConfigRange.BYTES + size) {
        throw new BackEndException(
            "The back-end does not give %d bytes of configuration at offset %d"
                .formatted(size, offset));
      }
      byte[] bytes = new byte[size];
      System.arraycopy(reply.payload(), ConfigRange.BYTES, bytes, 0, size);
      return bytes;
    }
  }

  /**
   * Writes configuration space.
   *
   * @param offset bytes from its start
   * @param bytes what to write, at most 256 bytes
   */
  public void writeConfig(int offset, byte[] bytes) {
    tell(
        FrontendRequest.SET_CONFIG,
        payload(
            ConfigRange.BYTES + bytes.length,
            target -> {
              new ConfigRange(offset, bytes.length, 0).write(target);
              target.put(bytes);
            }));
  }

  /**
   * SET_VRING_NUM.
   *
   * @param index which ring
   * @param size its entries
   */
  public void setRingSize(int index, int size) {
    tellState(FrontendRequest.SET_VRING_NUM, index, size);
  }

  /**
   * SET_VRING_ADDR.
   *
   * @param addresses where the ring's parts are, in the front-end's own addresses
   */
  public void setRingAddresses(VringAddresses addresses) {
    tell(FrontendRequest.SET_VRING_ADDR, payload(VringAddresses.BYTES, addresses::write));
  }

  /**
   * SET_VRING_BASE.
   *
   * @param index which ring
   * @param base where it stands: of a split ring the available index, of a packed one both indices
   *     and wrap counters
   */
  public void setRingBase(int index, int base) {
    tellState(FrontendRequest.SET_VRING_BASE, index, base);
  }

  /**
   * GET_VRING_BASE: stops a ring.
   *
   * @param index which ring
   * @return where it stands
   */
  public int stopRing(int index) {
    byte[] request = payload(VringState.BYTES, new VringState(index, 0)::write);
    try (RawMessage reply = ask(FrontendRequest.GET_VRING_BASE, request)) {
      if (reply.u32(0) != index) {
        throw new BackEndException(
            "The back-end was to stop ring %d, and replies for ring %d"
                .formatted(index, reply.u32(0)));
      }
      return reply.u32(4);
    }
  }

  /**
   * SET_VRING_KICK: the ring's doorbell; starts the ring.
   *
   * @param index which ring
   * @param descriptor an eventfd, which stays the caller's; -1 for none
   */
  public void setRingKick(int index, int descriptor) {
    tellDescriptor(FrontendRequest.SET_VRING_KICK, index, descriptor);
  }

  /**
   * SET_VRING_CALL: the ring's interrupt.
   *
   * @param index which ring
   * @param descriptor an eventfd, which stays the caller's; -1 for none
   */
  public void setRingCall(int index, int descriptor) {
    tellDescriptor(FrontendRequest.SET_VRING_CALL, index, descriptor);
  }

  /**
   * SET_VRING_ERR: written when the ring is broken.
   *
   * @param index which ring
   * @param descriptor an eventfd, which stays the caller's; -1 for none
   */
  public void setRingError(int index, int descriptor) {
    tellDescriptor(FrontendRequest.SET_VRING_ERR, index, descriptor);
  }

  /**
   * SET_VRING_ENABLE, which needs VHOST_USER_F_PROTOCOL_FEATURES.
   *
   * @param index which ring
   * @param enabled whether it is served
   */
  public void setRingEnabled(int index, boolean enabled) {
    tellState(FrontendRequest.SET_VRING_ENABLE, index, enabled ? 1 : 0);
  }

  /**
   * GET_INFLIGHT_FD: has the back-end make a region.
   *
   * @param queues for so many queues
   * @param queueSize of so many entries
   * @return the region, which is the caller's to close
   */
  public InflightRegion getInflight(int queues, int queueSize) {
    InflightDescription wanted = new InflightDescription(0, 0, queues, queueSize);
    byte[] request = payload(InflightDescription.PADDED_BYTES, wanted::write);
    try (RawMessage reply = ask(FrontendRequest.GET_INFLIGHT_FD, request)) {
      InflightDescription description =
          InflightDescription.read(reply.at(0, InflightDescription.BYTES));
      return new InflightRegion(reply.duplicateDescriptor(), description);
    }
  }

  /**
   * SET_INFLIGHT_FD: hands a region over.
   *
   * @param region one that this or an earlier back-end made
   */
  public void setInflight(InflightRegion region) {
    byte[] request = payload(InflightDescription.PADDED_BYTES, region.description()::write);
    tell(FrontendRequest.SET_INFLIGHT_FD, request, region.descriptor());
  }

  /**
   * SET_LOG_BASE with LOG_SHMFD: where the back-end marks what it writes, one bit for 4 KiB, while
   * LOG_ALL is among the features.
   *
   * @param descriptor the file of the log, which stays the caller's
   * @param size its bytes
   */
  public void setLog(int descriptor, long size) {
    LogDescription log = new LogDescription(size, 0);
    byte[] request = payload(LogDescription.BYTES, log::write);
    // The reply's number means nothing: libvhost-user leaves in it what the request had.
    ask(FrontendRequest.SET_LOG_BASE, request, descriptor).close();
  }

  /**
   * SET_STATUS.
   *
   * @param status Virtio's device status
   */
  public void setStatus(int status) {
    tellNumber(FrontendRequest.SET_STATUS, status);
  }

  /**
   * GET_STATUS.
   *
   * @return Virtio's device status
   */
  public int status() {
    return (int) askNumber(FrontendRequest.GET_STATUS);
  }

  /** RESET_DEVICE. */
  public void resetDevice() {
    tell(FrontendRequest.RESET_DEVICE, NOTHING);
  }

  /** SET_BACKEND_REQ_FD: opens the way for the back-end's own requests. */
  public void openBackEndRequests() {
    BackEndRequests opened = BackEndRequests.open(raw.timeout());
    try {
      tell(FrontendRequest.SET_BACKEND_REQ_FD, NOTHING, opened.remoteEnd());
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
    opened.handedOver();
    if (requests != null) {
      requests.close();
    }
    requests = opened;
  }

  /**
   * Serves the back-end's own requests until one has come.
   *
   * @param wait how long to wait for it
   * @return false if none came
   */
  public boolean serveBackEndRequest(Duration wait) {
    if (requests == null || !requests.await(wait)) {
      return false;
    }
    requests.serve();
    return !requests.ended();
  }

  /**
   * How often the back-end said that its configuration changed.
   *
   * @return the number so far
   */
  public long configChanges() {
    return requests == null ? 0 : requests.configChanges();
  }

  /**
   * The connection underneath, for what no method here sends.
   *
   * @return the connection, which stays this object's
   */
  public RawFrontEnd raw() {
    return raw;
  }

  /**
   * Looks whether the back-end has hung up; does not wait.
   *
   * @return true if so
   */
  public boolean hungUp() {
    return raw.hungUp();
  }

  @Override
  public void close() {
    if (requests != null) {
      requests.close();
    }
    raw.close();
  }

  private static byte[] payload(int bytes, Consumer<ByteBuffer> writer) {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
    writer.accept(buffer);
    return buffer.array();
  }

  private void tellDescriptor(FrontendRequest request, int index, int descriptor) {
    long number = new VringDescriptor(index, descriptor < 0).number();
    byte[] payload = payload(8, target -> target.putLong(number));
    if (descriptor < 0) {
      tell(request, payload);
    } else {
      tell(request, payload, descriptor);
    }
  }

  private void tellState(FrontendRequest request, int index, int number) {
    tell(request, payload(VringState.BYTES, new VringState(index, number)::write));
  }

  private void tellNumber(FrontendRequest request, long number) {
    tell(request, payload(8, target -> target.putLong(number)));
  }

  /** Sends what has no reply of its own, and asks for one where the back-end can give it. */
  private void tell(FrontendRequest request, byte[] payload, int... descriptors) {
    if (!has(ProtocolFeatures.REPLY_ACK)) {
      send(request, MessageHeader.VERSION, payload, descriptors);
      return;
    }
    send(request, MessageHeader.VERSION | MessageHeader.NEED_REPLY, payload, descriptors);
    try (RawMessage reply = receive(request)) {
      long result = reply.u64(0);
      if (result != 0) {
        throw new BackEndException("The back-end refused %s (%d)".formatted(request, result));
      }
    }
  }

  private long askNumber(FrontendRequest request) {
    try (RawMessage reply = ask(request, NOTHING)) {
      return reply.u64(0);
    }
  }

  private RawMessage ask(FrontendRequest request, byte[] payload, int... descriptors) {
    send(request, MessageHeader.VERSION, payload, descriptors);
    return receive(request);
  }

  private void send(FrontendRequest request, int flags, byte[] payload, int... descriptors) {
    try {
      raw.sendMessage(request.id(), flags, payload.length, payload, descriptors);
    } catch (BackEndException e) {
      throw new BackEndException("%s: %s".formatted(request, e.getMessage()), e);
    }
  }

  private RawMessage receive(FrontendRequest request) {
    RawMessage reply;
    long deadline = System.nanoTime() + raw.timeout().toNanos();
    try {
      // A back-end may want an answer itself before it gives one.
      while (requests != null && !requests.ended()) {
        int readable = raw.awaitEither(requests.descriptor(), deadline);
        if ((readable & 2) == 0) {
          break;
        }
        requests.serve();
      }
      reply = raw.receive(deadline);
    } catch (BackEndException e) {
      throw new BackEndException("%s: %s".formatted(request, e.getMessage()), e);
    }
    if (reply.request() != request.id()
        || reply.flags() != (MessageHeader.VERSION | MessageHeader.REPLY)) {
      reply.close();
      throw new BackEndException(
          "%s: the back-end replies with request %d and flags 0x%x"
              .formatted(request, reply.request(), reply.flags()));
    }
    return reply;
  }
}
