package dev.virtio4j.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.device.DeviceOptionException;
import dev.virtio4j.device.VirtioDeviceProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockDeviceProviderTest {
  @TempDir Path folder;
  private Path image;

  @BeforeEach
  void image() throws IOException {
    image = Files.write(folder.resolve("disk.img"), new byte[8192]);
  }

  private static VirtioDeviceProvider provider() {
    return ServiceLoader.load(VirtioDeviceProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(p -> p.name().equals("blk"))
        .findFirst()
        .orElseThrow();
  }

  private ObjectNode options(String... pairs) {
    ObjectNode options = new ObjectMapper().createObjectNode();
    options.put("image", image.toString());
    for (int i = 0; i < pairs.length; i += 2) {
      options.put(pairs[i], pairs[i + 1]);
    }
    return options;
  }

  private BlockDevice device(String... pairs) {
    return (BlockDevice) provider().create(options(pairs));
  }

  private void refused(String key, String says, String... pairs) {
    assertThatThrownBy(() -> device(pairs).close())
        .isInstanceOfSatisfying(
            DeviceOptionException.class, e -> assertThat(e.key()).isEqualTo(key))
        .hasMessageContaining(says);
  }

  @Test
  void readsEveryOption() {
    try (BlockDevice device =
        device(
            "serial", "abc",
            "read-only", "off",
            "queues", "4",
            "queue-size", "128",
            "sync", "fsync",
            "direct", "off",
            "engine", "portable",
            "locking", "on",
            "writeback", "off",
            "discard", "off",
            "block-size", "4k",
            "rate-bytes", "10M",
            "rate-bytes-burst", "1G",
            "rate-requests", "1k",
            "rate-requests-burst", "50")) {
      assertThat(device.config())
          .isEqualTo(
              new BlockDeviceConfig(
                  "abc",
                  false,
                  4,
                  128,
                  SyncMode.FSYNC,
                  false,
                  false,
                  4096,
                  16,
                  new RateLimit(10 << 20, 1 << 30, 1024, 50)));
      assertThat(device.queues()).isEqualTo(4);
      assertThat(device.maxQueueSize(3)).isEqualTo(128);
    }
  }

  @Test
  void takesJsonValues() {
    ObjectNode options = options();
    options.put("read-only", true).put("queues", 2).put("block-size", 512);
    try (BlockDevice device = (BlockDevice) provider().create(options)) {
      assertThat(device.config().readOnly()).isTrue();
      assertThat(device.config().queues()).isEqualTo(2);
      assertThat(device.config().serial()).isEqualTo("disk.img");
    }
  }

  @Test
  void saysWhatIsWrongAndWhatIsRight() {
    refused("colour", "it has image, create, serial", "colour", "red");
    refused("queues", "a number", "queues", "many");
    refused("queues", "1 to 1024", "queues", "0");
    refused("queue-size", "power of two", "queue-size", "100");
    refused("sync", "one of full, fsync, none", "sync", "maybe");
    refused("engine", "one of auto, portable, vectored, io_uring", "engine", "warp");
    refused("direct", "on or off", "direct", "perhaps");
    refused("block-size", "a size such as", "block-size", "4x");
    refused("rate-bytes", "a size such as", "rate-bytes", "-5");
    refused("rate-bytes", "a size such as", "rate-bytes", "99999999999999999999");
    refused("rate-bytes", "a size such as", "rate-bytes", "9999999999999g");
    refused("rate-bytes-burst", "add rate-bytes", "rate-bytes-burst", "5");
    refused("serial", "20 printable", "serial", "twenty-one characters");
    refused("engine", "portable", "engine", "portable", "direct", "on");
    refused("image", "image=PATH", "image", "");
    refused("image", "no such file", "image", folder.resolve("absent").toString());
    refused("image", "neither a file nor a block device", "image", "/dev/null");
  }

  @Test
  void imageInUseIsAClearError() {
    try (BlockDevice first = device()) {
      assertThat(first.capacity()).isEqualTo(16);
      refused("image", "in use");
    }
  }

  @Test
  void createsASparseImageOnce() throws IOException {
    Path fresh = folder.resolve("new.img");
    try (BlockDevice device = device("image", fresh.toString(), "create", "1G")) {
      assertThat(device.capacity()).isEqualTo(2 << 20);
      assertThat(StorageSize.allocated(fresh)).isLessThan(1 << 20);
    }
    Files.write(fresh, new byte[512], java.nio.file.StandardOpenOption.WRITE);
    try (BlockDevice device = device("image", fresh.toString(), "create", "1G")) {
      assertThat(device.capacity()).isEqualTo(2 << 20);
    }
    refused(
        "create", "multiple of 512", "image", folder.resolve("odd").toString(), "create", "100");
    refused("create", "folder", "image", folder.resolve("no/disk").toString(), "create", "1M");
    refused(
        "serial",
        "printable",
        "image",
        folder.resolve("gone").toString(),
        "create",
        "1M",
        "serial",
        "twenty-one characters");
    assertThat(folder.resolve("gone")).doesNotExist();
  }

  @Test
  void optionsAreDescribed() {
    assertThat(provider().options()).extracting("key").contains("image", "rate-requests-burst");
    assertThat(provider().options()).allSatisfy(o -> assertThat(o.meaning()).isNotBlank());
  }
}
