package dev.virtio4j.cli.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtio4j.blk.BlockDeviceProvider;
import dev.virtio4j.cli.command.Units;
import dev.virtio4j.device.DeviceOptionException;
import dev.virtio4j.device.VirtioDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The values that a SPEC of a block device takes, and those of a configuration file. */
class BlockOptionsTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"4096", "4k", "4K", "1.5M", "1MiB", "2mib", "8kb", "1024b"})
  void aSizeIsReadAsEverywhereOnTheCommandLine(String text) throws IOException {
    Path image = folder.resolve("disk.img");
    ObjectNode options = options().put("image", image.toString()).put("create", text);
    try (VirtioDevice device = new BlockDeviceProvider().create(options)) {
      assertThat(device.queues()).isEqualTo(1);
      assertThat(Files.size(image)).isEqualTo(Units.parseSize(text));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "k", "1.5", "-1", "1x", "9E", "1e3", "0x10", "1.G", "4 k"})
  void whatIsNoSizeIsRefusedAsEverywhereOnTheCommandLine(String text) {
    ObjectNode options =
        options().put("image", folder.resolve("disk.img").toString()).put("create", text);
    assertThatThrownBy(() -> Units.parseSize(text)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new BlockDeviceProvider().create(options))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining("create: '" + text + "'; a size such as 512, 4k, 10M or 1.5G");
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"serial | 5", "serial | true", "image | 7"})
  void aNumberIsNoString(String key, String json) throws IOException {
    ObjectNode options = options().put("image", folder.resolve("disk.img").toString());
    options.set(key, new ObjectMapper().readTree(json));
    assertThatThrownBy(() -> new BlockDeviceProvider().create(options))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining(key + ": '" + json + "'; a string is right");
  }

  @Test
  void aNumberIsASize() throws IOException {
    Path image = folder.resolve("disk.img");
    try (VirtioDevice device =
        new BlockDeviceProvider()
            .create(options().put("image", image.toString()).put("create", 8192))) {
      assertThat(device.queues()).isEqualTo(1);
      assertThat(image).hasSize(8192);
    }
  }

  private static ObjectNode options() {
    return new ObjectMapper().createObjectNode();
  }
}
