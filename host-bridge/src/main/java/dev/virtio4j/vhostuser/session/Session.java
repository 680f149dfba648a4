package dev.virtio4j.vhostuser.session;

import dev.virtio4j.device.DeviceLifecycle;
import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.loop.DeviceLoop;
import dev.virtio4j.posix.Fd;
import dev.virtio4j.queue.QueueFault;
import dev.virtio4j.vhostuser.RequestRefusedException;
import dev.virtio4j.vhostuser.VhostUserExtension;
import dev.virtio4j.vhostuser.protocol.FrontendRequest;
import dev.virtio4j.vhostuser.protocol.LogDescription;
import dev.virtio4j.vhostuser.protocol.MemoryRegionDescription;
import dev.virtio4j.vhostuser.protocol.MemoryTable;
import dev.virtio4j.vhostuser.protocol.ProtocolFeatures;
import dev.virtio4j.vhostuser.protocol.VringAddresses;
import dev.virtio4j.vhostuser.protocol.VringDescriptor;
import dev.virtio4j.vhostuser.protocol.VringState;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What one front-end and one device have agreed upon, and what each of the front-end's requests
 * does. One request at a time: the next is served when the stage of the one before has completed.
 */
final class Session {
  private static final long OFFERED_ALWAYS =
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

  private static final long INBAND_NEEDS =
      ProtocolFeatures.REPLY_ACK | ProtocolFeatures.BACKEND_REQ;

  /** The bits of the feature word that are vhost's own. */
  private static final long VHOST_FEATURES =
      ProtocolFeatures.F_PROTOCOL_FEATURES | ProtocolFeatures.F_LOG_ALL;

  private static final int STATUS_MASK = 0xff;
  private static final int NEEDS_RESET = 0x40;

  private final DeviceLifecycle lifecycle;
  private final VirtioDevice device;
  private final VhostUserExtension extension;
  private final DeviceLoop control;
  private final SessionLog log;
  private final SessionMemory memory = new SessionMemory();
  private final Rings rings;
  private final InflightRequests inflight;
  private final ConfigSpace config;
  private final long offeredProtocol;

  private long protocol;
  private boolean featuresSet;
  private int status;
  private BackendChannel channel;

  /**
   * Begins a session.
   *
   * @param lifecycle of the device, which is not active
   * @param extension the device type's own messages
   * @param inband whether in-band notifications are offered
   * @param control the loop that all of this runs on
   * @param log where to complain
   */
  Session(
      DeviceLifecycle lifecycle,
      VhostUserExtension extension,
      boolean inband,
      DeviceLoop control,
      SessionLog log) {
    this.lifecycle = lifecycle;
    this.device = lifecycle.device();
    this.extension = extension;
    this.control = control;
    this.log = log;
    this.rings = new Rings(lifecycle, control, memory, log);
    this.inflight = new InflightRequests(device, rings);
    this.config = new ConfigSpace(device);
    this.offeredProtocol =
        OFFERED_ALWAYS
            | (inband ? ProtocolFeatures.INBAND_NOTIFICATIONS : 0)
            | extension.protocolFeatures();
  }

  /** Whether a front-end may ask for an acknowledgement. */
  boolean acknowledges() {
    return has(ProtocolFeatures.REPLY_ACK);
  }

  private boolean has(long protocolFeature) {
    return (protocol & protocolFeature) != 0;
  }

  /**
   * Serves a request.
   *
   * @param message the request; its payload holds until the stage has completed
   * @return its answer, on the control loop
   * @throws ProtocolException if the connection is to be ended
   * @throws RequestRefusedException if the request is not fulfilled
   */
  CompletionStage<Reply> handle(Message message) {
    FrontendRequest request = message.request();
    if (extension.takes(message.header().request())) {
      return now(extend(message));
    }
    if (request == null) {
      return unknown(message);
    }
    require(request);
    ByteBuffer payload = message.payload();
    return switch (request) {
      case GET_FEATURES -> now(Reply.of(offered()));
      case SET_FEATURES -> done(features(payload.getLong()));
      // An owner is who is connected; the deprecated way to reset may be ignored.
      case SET_OWNER, RESET_OWNER -> now(Reply.NONE);
      case GET_PROTOCOL_FEATURES -> now(Reply.of(offeredProtocol));
      case SET_PROTOCOL_FEATURES -> protocolFeatures(payload.getLong());
      case GET_QUEUE_NUM -> now(Reply.of(device.queues()));
      case SET_MEM_TABLE -> done(memoryTable(message));
      case GET_MAX_MEM_SLOTS -> now(Reply.of(SessionMemory.MAX_SLOTS));
      case ADD_MEM_REG -> done(addMemory(message));
      case REM_MEM_REG -> done(removeMemory(message));
      case SET_LOG_BASE -> logBase(message);
      case SET_LOG_FD -> now(Reply.NONE);
      case GET_INFLIGHT_FD -> inflight.get(message);
      case SET_INFLIGHT_FD -> done(inflight.set(message));
      case SET_VRING_NUM, SET_VRING_BASE, GET_VRING_BASE, SET_VRING_ENABLE, VRING_KICK ->
          ring(request, VringState.read(payload));
      case SET_VRING_ADDR -> done(rings.addresses(VringAddresses.read(payload)));
      case SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR -> done(descriptor(request, message));
      case SET_BACKEND_REQ_FD -> now(backendChannel(message.take()));
      case GET_CONFIG -> now(config.read(payload));
      case SET_CONFIG -> now(config.write(payload));
      case RESET_DEVICE -> done(reset());
      case SET_STATUS -> done(status(payload.getLong()));
      case GET_STATUS -> now(Reply.of(status | (rings.anyBroken() ? NEEDS_RESET : 0)));
      default -> unknown(message);
    };
  }

  private static CompletionStage<Reply> now(Reply reply) {
    return CompletableFuture.completedStage(reply);
  }

  private static CompletionStage<Reply> done(CompletionStage<Void> stage) {
    return stage.thenApply(done -> Reply.NONE);
  }

  private void require(FrontendRequest request) {
    long needed =
        switch (request) {
          case GET_QUEUE_NUM -> ProtocolFeatures.MQ;
          case SET_LOG_BASE -> ProtocolFeatures.LOG_SHMFD;
          case SET_BACKEND_REQ_FD -> ProtocolFeatures.BACKEND_REQ;
          case GET_CONFIG, SET_CONFIG -> ProtocolFeatures.CONFIG;
          case GET_INFLIGHT_FD, SET_INFLIGHT_FD -> ProtocolFeatures.INFLIGHT_SHMFD;
          case RESET_DEVICE -> ProtocolFeatures.RESET_DEVICE;
          case VRING_KICK -> ProtocolFeatures.INBAND_NOTIFICATIONS;
          case GET_MAX_MEM_SLOTS, ADD_MEM_REG, REM_MEM_REG -> ProtocolFeatures.CONFIGURE_MEM_SLOTS;
          case SET_STATUS, GET_STATUS -> ProtocolFeatures.STATUS;
          default -> 0;
        };
    if ((protocol & needed) != needed) {
      throw new ProtocolException(
          "%s without its protocol feature, bit %d"
              .formatted(request, Long.numberOfTrailingZeros(needed)));
    }
  }

  private CompletionStage<Reply> unknown(Message message) {
    if (acknowledges() && message.header().needsReply()) {
      throw new RequestRefusedException(message + " is not known here");
    }
    // It may be one that is answered, for which the front-end would wait for ever.
    throw new ProtocolException(message + " is not known here");
  }

  private Reply extend(Message message) {
    ByteBuffer payload = message.payload().asReadOnlyBuffer().order(ByteOrder.nativeOrder());
    try {
      ByteBuffer answer = extension.handle(message.header().request(), payload, message.values());
      return answer == null ? Reply.NONE : Reply.of(answer);
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      throw new ProtocolException("%s is not one of the device's: %s".formatted(message, e));
    }
  }

  // Features

  private long offered() {
    // Addresses would be those of an IOMMU that only the front-end knows.
    return (device.features() & ~VirtioFeatures.ACCESS_PLATFORM) | VHOST_FEATURES;
  }

  private CompletionStage<Void> features(long features) {
    long unknown = features & ~offered();
    if (unknown != 0) {
      throw new ProtocolException("features 0x%x were not offered".formatted(unknown));
    }
    long agreed = features & ~VHOST_FEATURES;
    boolean logging = (features & ProtocolFeatures.F_LOG_ALL) != 0;
    CompletionStage<Void> stage = Rings.DONE;
    if (!featuresSet || agreed != lifecycle.features()) {
      stage =
          rings
              .quiesce()
              .thenCompose(quiet -> lifecycle.reset())
              .thenRunAsync(() -> negotiate(agreed), control);
    }
    return stage.thenCompose(
        negotiated -> {
          if ((features & ProtocolFeatures.F_PROTOCOL_FEATURES) == 0) {
            rings.enableAll(true);
          }
          if (logging == memory.logging()) {
            return rings.settle();
          }
          memory.logging(logging);
          return useMemory();
        });
  }

  private void negotiate(long features) {
    String problem = lifecycle.negotiate(features);
    if (problem != null) {
      throw new ProtocolException(problem);
    }
    featuresSet = true;
  }

  private CompletionStage<Reply> protocolFeatures(long features) {
    long unknown = features & ~offeredProtocol;
    if (unknown != 0) {
      throw new ProtocolException("protocol features 0x%x were not offered".formatted(unknown));
    }
    if ((features & ProtocolFeatures.INBAND_NOTIFICATIONS) != 0
        && (features & INBAND_NEEDS) != INBAND_NEEDS) {
      throw new ProtocolException("INBAND_NOTIFICATIONS without REPLY_ACK and BACKEND_REQ");
    }
    protocol = features;
    rings.inband(has(ProtocolFeatures.INBAND_NOTIFICATIONS) ? channel : null);
    return now(Reply.NONE);
  }

  // Memory

  private CompletionStage<Void> memoryTable(Message message) {
    MemoryTable table = MemoryTable.read(message.payload());
    if (table == null) {
      throw new ProtocolException(
          "SET_MEM_TABLE with %d bytes counts regions that are not 1 to %d, or not there"
              .formatted(message.payload().capacity(), message.descriptors()));
    }
    message.requireDescriptors(table.regions().size());
    List<Fd> files = new ArrayList<>();
    for (int i = 0; i < table.regions().size(); i++) {
      files.add(message.take());
    }
    memory.replace(table.regions(), files);
    return useMemory();
  }

  private CompletionStage<Void> addMemory(Message message) {
    memory.add(region(message), message.take());
    return useMemory();
  }

  private CompletionStage<Void> removeMemory(Message message) {
    if (message.descriptors() > 1) {
      message.requireDescriptors(1);
    }
    memory.remove(region(message));
    return useMemory();
  }

  private static MemoryRegionDescription region(Message message) {
    message.payload().getLong();
    return MemoryRegionDescription.read(message.payload());
  }

  private CompletionStage<Reply> logBase(Message message) {
    memory.log(MappedDirtyLog.map(LogDescription.read(message.payload()), message.take()));
    return useMemory().thenApply(used -> Reply.of(0));
  }

  /** Moves the queues to the memory as it is now, and lets go of what it was. */
  private CompletionStage<Void> useMemory() {
    return lifecycle
        .memory(memory.current())
        .thenRunAsync(memory::releaseRetired, control)
        .thenCompose(released -> rings.settle());
  }

  // Rings

  private CompletionStage<Reply> ring(FrontendRequest request, VringState state) {
    int index = state.index();
    int number = state.number();
    return switch (request) {
      case SET_VRING_NUM -> done(rings.size(index, number));
      case SET_VRING_BASE -> done(rings.base(index, number, has(ProtocolFeatures.STATUS)));
      case SET_VRING_ENABLE -> done(rings.enable(index, number));
      case VRING_KICK -> done(rings.kicked(index));
      default ->
          rings
              .stop(index)
              .thenApply(
                  base -> {
                    ByteBuffer payload = Reply.buffer(VringState.BYTES);
                    new VringState(index, base).write(payload);
                    return Reply.of(payload.flip());
                  });
    };
  }

  private CompletionStage<Void> descriptor(FrontendRequest request, Message message) {
    VringDescriptor which = VringDescriptor.of(message.payload().getLong());
    if (which.reserved() != 0) {
      throw new ProtocolException(
          "%s with 0x%x; only bits 0 to 8 have a meaning".formatted(request, which.number()));
    }
    message.requireDescriptors(which.absent() ? 0 : 1);
    if (which.index() >= device.queues()) {
      throw new ProtocolException(
          "%s for ring %d of a device that has %d"
              .formatted(request, which.index(), device.queues()));
    }
    Fd fd = which.absent() ? null : message.take();
    return switch (request) {
      case SET_VRING_KICK -> rings.kick(which.index(), fd);
      case SET_VRING_CALL -> rings.call(which.index(), fd);
      default -> {
        rings.error(which.index(), fd);
        yield Rings.DONE;
      }
    };
  }

  private Reply backendChannel(Fd socket) {
    boolean done = false;
    try {
      DescriptorKind.requireSocket(socket, "SET_BACKEND_REQ_FD");
      if (channel != null) {
        channel.close();
      }
      channel = new BackendChannel(socket, control);
      rings.inband(has(ProtocolFeatures.INBAND_NOTIFICATIONS) ? channel : null);
      done = true;
      return Reply.NONE;
    } finally {
      if (!done) {
        socket.close();
      }
    }
  }

  // Status

  private CompletionStage<Void> status(long next) {
    status = (int) next & STATUS_MASK & ~NEEDS_RESET;
    // 0 quiesces. What the rings reached stays: GET_VRING_BASE comes after it.
    return status == 0 ? rings.quiesce() : Rings.DONE;
  }

  private CompletionStage<Void> reset() {
    status = 0;
    return rings.reset(false);
  }

  // What the device has to tell

  void configChanged() {
    if (channel != null && has(ProtocolFeatures.CONFIG)) {
      channel.configChanged();
    }
  }

  /**
   * A queue's loop found its queue broken.
   *
   * @return true if the connection is to be ended, since its memory is lost
   */
  boolean queueBroken(int index, QueueFault fault) {
    rings.broken(index, fault.toString());
    return fault.kind() == QueueFault.Kind.MEMORY_LOST || lostMemory();
  }

  /** Whether a file that the front-end gave has become shorter than it was. */
  boolean lostMemory() {
    return memory.shrunk() || rings.shrunk();
  }

  /**
   * Ends the session, after its last request has been served.
   *
   * @return completes on the control loop when nothing of the front-end's is held any more
   */
  CompletionStage<Void> release() {
    rings.silence();
    return lifecycle
        .reset()
        .handleAsync(
            (reset, failure) -> {
              if (channel != null) {
                channel.close();
              }
              if (failure != null) {
                // Something may still use the memory, so that it stays mapped.
                log.error("the device could not be reset", failure);
                return null;
              }
              rings.close();
              memory.close();
              return null;
            },
            control);
  }
}
