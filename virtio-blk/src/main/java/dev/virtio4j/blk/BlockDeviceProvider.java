package dev.virtio4j.blk;

import com.fasterxml.jackson.databind.JsonNode;
import dev.virtio4j.blk.image.Engine;
import dev.virtio4j.blk.image.LockMode;
import dev.virtio4j.blk.image.RawImage;
import dev.virtio4j.device.DeviceOptionException;
import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.device.VirtioDeviceProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Makes block devices from options: the name {@code blk}. */
public final class BlockDeviceProvider implements VirtioDeviceProvider {
  private static final List<Option> OPTIONS =
      List.of(
          new Option("image", "PATH", "the disk: a raw file or a block device", true),
          new Option("create", "SIZE", "make the image, sparse, if it is not there", false),
          new Option("serial", "TEXT", "id string, up to 20 characters; the file's name", false),
          new Option("read-only", "on|off", "refuse writes; off", false),
          new Option("queues", "N", "request queues; 1", false),
          new Option("queue-size", "N", "entries of each, a power of two; 256", false),
          new Option("sync", "full|fsync|none", "what a flush means; full", false),
          new Option("writeback", "on|off", "cache mode after a reset; on", false),
          new Option("discard", "on|off", "give storage back that the guest discards; on", false),
          new Option("block-size", "SIZE", "logical block size; the image's", false),
          new Option("direct", "on|off", "bypass the host's page cache; off", false),
          new Option("engine", "auto|portable|vectored|io_uring", "how I/O is done; auto", false),
          new Option("locking", "auto|on|off", "keep other writers out; auto", false),
          new Option("rate-bytes", "SIZE", "bytes a second; no limit", false),
          new Option("rate-bytes-burst", "SIZE", "bytes at once; a tenth of a second's", false),
          new Option("rate-requests", "N", "requests a second; no limit", false),
          new Option("rate-requests-burst", "N", "requests at once; a tenth of a second's", false));

  /** For the ServiceLoader. */
  public BlockDeviceProvider() {}

  @Override
  public String name() {
    return "blk";
  }

  @Override
  public List<Option> options() {
    return OPTIONS;
  }

  @Override
  public VirtioDevice create(JsonNode json) {
    OptionReader options = new OptionReader(json, OPTIONS);
    Path image = path(options);
    boolean readOnly = options.flag("read-only", false);
    long create = options.size("create", 0);
    BlockDeviceBuilder builder =
        BlockDevice.builder(image)
            .readOnly(readOnly)
            .queues(options.number("queues", BlockDeviceConfig.DEFAULT.queues()))
            .queueSize(options.number("queue-size", BlockDeviceConfig.DEFAULT.queueSize()))
            .sync(options.choice("sync", SyncMode.class, SyncMode.FULL))
            .writeback(options.flag("writeback", true))
            .discard(options.flag("discard", true))
            .blockSize(options.smallSize("block-size", 0))
            .direct(options.flag("direct", false))
            .engine(options.choice("engine", Engine.class, Engine.AUTO))
            .locking(options.choice("locking", LockMode.class, LockMode.AUTO))
            .rateLimit(rateLimit(options));
    String serial = options.text("serial");
    if (serial != null) {
      builder.serial(serial);
    }
    boolean created = create > 0 && make(image, create);
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      remove(image, created);
      throw new DeviceOptionException(guilty(e.getMessage()), e.getMessage());
    } catch (UncheckedIOException e) {
      remove(image, created);
      throw new DeviceOptionException("image", e.getMessage(), e);
    }
  }

  private static Path path(OptionReader options) {
    String image = options.text("image");
    if (image == null || image.isEmpty()) {
      throw new DeviceOptionException("image", "image is missing: image=PATH names the disk");
    }
    try {
      return Path.of(image);
    } catch (InvalidPathException e) {
      throw new DeviceOptionException("image", "image '%s' is not a path".formatted(image), e);
    }
  }

  private static RateLimit rateLimit(OptionReader options) {
    long bytes = options.size("rate-bytes", 0);
    long bytesBurst = options.size("rate-bytes-burst", 0);
    long requests = options.size("rate-requests", 0);
    long requestsBurst = options.size("rate-requests-burst", 0);
    if (bytesBurst > 0 && bytes == 0) {
      throw new DeviceOptionException(
          "rate-bytes-burst", "rate-bytes-burst needs a rate: add rate-bytes=SIZE");
    }
    if (requestsBurst > 0 && requests == 0) {
      throw new DeviceOptionException(
          "rate-requests-burst", "rate-requests-burst needs a rate: add rate-requests=N");
    }
    return new RateLimit(bytes, bytesBurst, requests, requestsBurst);
  }

  private static boolean make(Path image, long bytes) {
    try {
      RawImage.create(image, bytes);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (IllegalArgumentException e) {
      throw new DeviceOptionException("create", "create: " + e.getMessage());
    } catch (NoSuchFileException e) {
      throw new DeviceOptionException(
          "create", "image %s cannot be created: its folder does not exist".formatted(image), e);
    } catch (IOException e) {
      throw new DeviceOptionException(
          "create", "image %s cannot be created: %s".formatted(image, e.getMessage()), e);
    }
  }

  private static void remove(Path image, boolean created) {
    if (created) {
      try {
        Files.deleteIfExists(image);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Which option a refused configuration speaks of. */
  private static String guilty(String message) {
    for (String key : List.of("serial", "queues", "queue-size", "block-size", "engine")) {
      if (message.contains(key) || message.contains(key.replace('-', ' '))) {
        return key;
      }
    }
    return "image";
  }
}
